//! The cost of rendering `/account`, step by step: as Rocket renders a template, and as the site does.
//!
//! `cargo bench --bench rendering`, measured by Criterion.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../pages/client.rs"]
mod client;
#[path = "../pages/sites.rs"]
mod sites;

use chrono::{TimeDelta, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use curfew::{
    domain::moment::Moment,
    settings::Check,
    site::{Shell, ShellUser, Templates},
};
use rocket::{figment::value::Value, local::asynchronous::Client, tokio::runtime::Runtime};
use rocket_dyn_templates::{Template, tera};
use serde::Serialize;
use sites::whole_site;
use store::{Database, Engine};

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, rendering);
criterion_main!(benches);

/// The page's own context, as the handler of `/account` builds it.
#[derive(Debug, Serialize)]
struct View {
    username: &'static str,
    email: &'static str,
    role: &'static str,
    date_joined: Moment,
    last_login: Moment,
    session: Session,
}

#[derive(Debug, Serialize)]
struct Session {
    login_date: Moment,
    address: &'static str,
    browser: &'static str,
    system: &'static str,
    user_agent: &'static str,
    ends_at: Moment,
    end_is_scheduled: bool,
    idle_expires_at: Moment,
    remember: bool,
}

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
    let (view, shell) = (view(), shell());
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
    criterion.bench_function("/account: the page, as Rocket renders it", |bencher| {
        bencher.iter(|| Template::show(client.rocket(), "account/overview", &context).expect("a page"));
    });
    criterion.bench_function("/account: the page, in its kept shell", |bencher| {
        bencher.iter(|| templates.render("account/overview", (&shell, true), &view).expect("a page"));
    });
    runtime.block_on(client.terminate());
}

fn shell() -> Shell<'static> {
    let now = Utc::now();
    Shell {
        site_name: "Curfew",
        path: "/account",
        is_error: false,
        user: Some(ShellUser {
            username: "ada",
            is_staff: false,
            is_superuser: false,
            login_us: now.timestamp_micros(),
            now_ms: now.timestamp_millis(),
            ends: None,
        }),
        csrf_token: Some("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        registration_open: true,
        notice: None,
    }
}

fn view() -> View {
    let now = Utc::now();
    View {
        username: "ada",
        email: "ada@example.org",
        role: "member",
        date_joined: now - TimeDelta::days(400),
        last_login: now - TimeDelta::hours(3),
        session: Session {
            login_date: now - TimeDelta::hours(3),
            address: "192.0.2.7",
            browser: "Firefox 145",
            system: "Linux",
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            ends_at: now + TimeDelta::days(13),
            end_is_scheduled: false,
            idle_expires_at: now + TimeDelta::days(3),
            remember: true,
        },
    }
}
