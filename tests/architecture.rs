//! The layers, as the source has them: what each file names must lie below it.

#![allow(clippy::expect_used, clippy::unwrap_used)] // a test says what it expects

#[path = "architecture/source.rs"]
mod source;

use source::{Source, handlers, layers, sources};

#[test]
fn every_module_is_a_layer_of_the_map_in_lib_rs() {
    let lib = std::fs::read_to_string("src/lib.rs").expect("src/lib.rs");
    let mut modules: Vec<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut mapped: Vec<String> = layers().into_iter().flatten().collect();
    modules.sort_unstable();
    mapped.sort_unstable();
    assert_eq!(modules, mapped);
}

#[test]
fn no_layer_names_one_above_it() {
    let order: Vec<String> = layers().into_iter().flatten().collect();
    let rank = |layer: &str| order.iter().position(|known| known == layer);
    let mut upward = Vec::new();
    for file in sources() {
        let Some(own) = file.module.first().and_then(|layer| rank(layer)) else { continue };
        for path in &file.paths {
            if path.first().and_then(|layer| rank(layer)).is_some_and(|named| named < own) {
                upward.push(format!("{} names {}", file.name, path.join("::")));
            }
        }
    }
    assert!(upward.is_empty(), "{upward:#?}");
}

#[test]
fn only_the_store_names_a_database() {
    must_not_name(&["sqlx", "rusqlite"], |file| file.module.first().is_some_and(|layer| layer != "store"));
}

#[test]
fn the_rules_know_no_web_no_clock_and_no_disk() {
    let foreign = [
        "rocket",
        "sqlx",
        "rusqlite",
        "std::fs",
        "std::net",
        "std::io",
        "std::env",
        "SystemTime",
        "Instant",
        "Utc::now",
    ];
    must_not_name(&foreign, |file| file.module.first().is_some_and(|layer| layer == "domain"));
}

#[test]
fn the_use_cases_know_no_requests() {
    let web = ["rocket::request", "rocket::http", "rocket::form", "rocket::response", "rocket_dyn_templates"];
    must_not_name(&web, |file| file.module.first().is_some_and(|layer| layer == "accounts" || layer == "store"));
}

/// A server that is frozen, or holds a lock for ever, answers neither yes nor no: whoever waits gives up in time.
#[test]
fn every_statement_of_the_store_has_a_deadline() {
    // A migration takes as long as it takes; what is opened at a start has its own limit.
    const EXEMPT: [&str; 2] = ["src/store/schema/migrate.rs", "src/store/schema/properties/"];
    const ASKING: [&str; 7] =
        [".execute(", ".fetch_one(", ".fetch_all(", ".fetch_optional(", ".acquire(", ".begin(", ".begin_with("];
    let mut found = Vec::new();
    let mut statements = 0;
    for file in sources().iter().filter(|file| file.name.starts_with("src/store/")) {
        let code = match file.name.as_str() {
            name if EXEMPT.iter().any(|exempt| name.starts_with(exempt)) => continue,
            _ => file.code(),
        };
        for statement in code.split([';', '{', '}']) {
            let asks = ASKING.iter().any(|asking| statement.contains(asking)) && statement.contains(".await");
            statements += usize::from(asks);
            if asks && !statement.contains("in_time(") && !statement.contains("timeout(") {
                found.push(format!("{}: {}", file.name, statement.trim()));
            }
        }
    }
    assert!(statements > 30, "only {statements} were seen");
    assert!(found.is_empty(), "{found:#?}");
}

fn must_not_name(words: &[&str], applies: impl Fn(&Source) -> bool) {
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| applies(file)) {
        found.extend(words.iter().filter(|word| file.names(word)).map(|word| format!("{} names {word}", file.name)));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_handler_takes_nothing_from_another_but_its_address() {
    let files = sources();
    let handlers = handlers(&files);
    assert!(handlers.len() > 10, "{handlers:?}");
    let mut borrowed = Vec::new();
    for file in files.iter().filter(|file| handlers.contains(&file.module)) {
        for path in file.paths_beside_addresses() {
            let of_another = handlers.iter().any(|other| *other != file.module && path.starts_with(other));
            // The module itself is named so that `uri!` can say `user::show`.
            if of_another && !handlers.contains(&path) {
                borrowed.push(format!("{} takes {}", file.name, path.join("::")));
            }
        }
    }
    assert!(borrowed.is_empty(), "{borrowed:#?}");
}

#[test]
fn the_reader_sees_every_way_to_name_a_module() {
    let file = Source::read(
        "src/site/admin/user.rs",
        "use super::{a::{self, B}, c}; // crate::no
         use crate::{
             gate::{Staff, x::Y as Z},
             store,
         };
         fn f() -> crate::accounts::Result<i64> { uri!(super::super::login::show(next = a::h())); a::g(1) }",
    );
    let paths: Vec<String> = file.paths.iter().map(|path| path.join("::")).collect();
    for path in [
        "site::admin::a",
        "site::admin::a::B",
        "site::admin::c",
        "gate::Staff",
        "gate::x::Y",
        "store",
        "accounts::Result",
        "site::login::show",
        "site::admin::a::g",
    ] {
        assert!(paths.iter().any(|found| found == path), "{path} is not among {paths:?}");
    }
    assert!(!paths.iter().any(|path| path.contains("no")), "{paths:?}");
    let beside: Vec<String> = file.paths_beside_addresses().map(|path| path.join("::")).collect();
    assert!(!beside.contains(&"site::login::show".to_owned()) && !beside.contains(&"site::admin::a::h".to_owned()));
}
