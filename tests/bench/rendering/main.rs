//! The cost of rendering `/account`, step by step: as a whole, and as the site does.
//!
//! `cargo bench --bench rendering`, measured by Criterion.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../pages/client.rs"]
mod client;
#[path = "../pages/sites.rs"]
mod sites;

use criterion::{Criterion, criterion_group, criterion_main};
use curfew::{
    settings::Check,
    site::{Shell, Templates},
};
use rocket::{figment::value::Value, local::asynchronous::Client, tokio::runtime::Runtime};
use serde::Serialize;
use sites::{View, shell, view, whole_site};
use store::{Database, Engine};

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, rendering);
criterion_main!(benches);

#[derive(Debug, Serialize)]
struct Context<'a> {
    shell: &'a Shell<'a>,
    view: &'a View,
}

fn rendering(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let database = runtime.block_on(Database::new(Engine::Sqlite));
    let (rocket, _) = whole_site(&database, Check::Cached, None);
    let client = runtime.block_on(Client::untracked(rocket)).expect("the site starts");
    let templates = client.rocket().state::<Templates>().expect("the templates are managed");
    let (shell, view) = (shell(), view());
    let context = Context { shell: &shell, view: &view };

    criterion.bench_function("/account: its context, converted as Rocket does", |bencher| {
        bencher.iter(|| {
            let value = Value::serialize(&context).expect("a value");
            tera::Context::from_serialize(value).expect("a context")
        });
    });
    criterion.bench_function("/account: its context, converted once", |bencher| {
        bencher.iter(|| tera::Context::from_serialize(&context).expect("a context"));
    });
    criterion.bench_function("/account: the page, as Tera renders all of it", |bencher| {
        bencher.iter(|| templates.render("account/overview", (&shell, false), &view).expect("a page"));
    });
    criterion.bench_function("/account: the page, in its kept shell", |bencher| {
        bencher.iter(|| templates.render("account/overview", (&shell, true), &view).expect("a page"));
    });
    runtime.block_on(client.terminate());
}
