//! The layers of the source: a file may name only what is below its own layer.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "architecture/rooms.rs"]
mod rooms;
#[path = "architecture/source.rs"]
mod source;

use std::{
    fs,
    path::{Path, PathBuf},
};

use source::{Source, handlers, layers, sources};

/// The module that holds only the guides, and so is no layer.
const DOCUMENTATION: &str = "guide";

#[test]
fn every_module_is_a_layer_of_the_map_in_lib_rs() {
    let lib = fs::read_to_string("src/lib.rs").expect("src/lib.rs");
    let modules =
        lib.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    let mut modules: Vec<&str> = modules.filter(|module| *module != DOCUMENTATION).collect();
    let mut mapped: Vec<String> = layers().into_iter().flatten().collect();
    modules.sort_unstable();
    modules.dedup(); // some are declared once for tests and once for others
    mapped.sort_unstable();
    assert_eq!(modules, mapped);
}

#[test]
fn no_layer_imports_one_above_it() {
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

/// A reader can then read the rooms of a layer one after another, and move one without the others.
#[test]
fn no_rooms_of_one_layer_form_a_circle() {
    let circles = rooms::circles(&sources());
    assert!(circles.is_empty(), "move what ties these rooms together:\n{}", circles.join("\n"));
}

#[test]
fn only_the_store_names_a_database() {
    must_not_name(&["sqlx"], |file| file.module.first().is_some_and(|layer| layer != "store"));
}

#[test]
fn the_domain_uses_no_web_framework_clock_or_disk() {
    let foreign = ["rocket", "sqlx", "std::fs", "std::net", "std::io", "std::env", "SystemTime", "Instant", "Utc::now"];
    must_not_name(&foreign, |file| file.module.first().is_some_and(|layer| layer == "domain"));
}

#[test]
fn the_use_cases_do_not_depend_on_requests() {
    let web = ["rocket::request", "rocket::http", "rocket::form", "rocket::response", "rocket_dyn_templates"];
    must_not_name(&web, |file| file.module.first().is_some_and(|layer| layer == "accounts" || layer == "store"));
}

/// Scoring a constructed password takes as long as a hash, so it needs the same permit and comes after the throttle. The
/// command line has no one else to serve.
#[test]
fn only_the_hasher_and_the_command_line_score_a_password() {
    must_not_name(&["must_be_hard_to_guess"], |file| {
        !["src/domain/people/password", "src/accounts/login/hashing.rs", "src/cli/"]
            .iter()
            .any(|allowed| file.name.starts_with(allowed))
    });
    must_not_name(&["zxcvbn"], |file| !file.name.starts_with("src/domain/people/password"));
}

/// They will be translated one day, so they stand in one place, `src/words`. Layers below it hold codes.
#[test]
fn only_codes_stand_below_the_words() {
    let is_sentence = |text: &&str| text.starts_with(char::is_uppercase) && text.ends_with(['.', '!', '?']);
    let (mut sentences, mut below) = (0, Vec::new());
    for file in sources() {
        let said = file.literals().into_iter().filter(is_sentence);
        match file.module.first().map(String::as_str) {
            Some("words") => sentences += said.count(),
            Some("accounts" | "store" | "domain") => below.extend(said.map(|text| format!("{}: {text}", file.name))),
            _ => {}
        }
    }
    assert!(sentences > 50, "only {sentences} sentences were found in the words");
    assert!(below.is_empty(), "{below:#?}");
}

/// A frozen server, or one that holds a lock forever, sends no answer at all: every statement needs a deadline.
#[test]
fn every_statement_of_the_store_has_a_deadline() {
    // A migration takes as long as it takes; opening the database has its own timeout.
    const EXEMPT: [&str; 2] = ["src/store/schema/migrate.rs", "src/store/pool/properties/"];
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
            if asks && !statement.contains("with_timeout(") && !statement.contains("timeout(") {
                found.push(format!("{}: {}", file.name, statement.trim()));
            }
        }
    }
    assert!(statements > 30, "only {statements} statements were found");
    assert!(found.is_empty(), "{found:#?}");
}

fn must_not_name(words: &[&str], applies: impl Fn(&Source) -> bool) {
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| applies(file)) {
        found.extend(words.iter().filter(|word| file.names(word)).map(|word| format!("{} names {word}", file.name)));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A reader follows these paths, so they must change when a file moves.
#[test]
fn every_file_that_the_documentation_names_exists() {
    // What a reader of the guides creates.
    const EXAMPLES: [&str; 2] = ["garden", "templates/curfew"];
    const FOLDERS: [&str; 5] = ["src/", "tests/", "templates/", "static/", "migrations/"];
    let mut documents: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(PathBuf::from).into();
    let guides = fs::read_dir("src/guide").expect("the guides").map(|entry| entry.expect("an entry").path());
    documents.extend(guides.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    let (mut named, mut missing) = (0, Vec::new());
    for document in documents {
        let text = fs::read_to_string(&document).expect("a document");
        // Code and the targets of links.
        for path in text.split(['`', '(', ')', ' ', '\n']) {
            let is_path = FOLDERS.iter().any(|folder| path.starts_with(folder)) && !path.contains(['*', '<']);
            named += usize::from(is_path);
            if is_path
                && !EXAMPLES.iter().any(|example| path.contains(example))
                && !Path::new(path.trim_end_matches([',', '.', ':', ';'])).exists()
            {
                missing.push(format!("{} names {path}", document.display()));
            }
        }
    }
    assert!(named > 50, "only {named} were seen");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn a_handler_uses_only_the_address_of_another() {
    let files = sources();
    let handlers = handlers(&files);
    assert!(handlers.len() > 10, "{handlers:?}");
    let mut borrowed = Vec::new();
    for file in files.iter().filter(|file| handlers.contains(&file.module)) {
        for path in file.paths_outside_uri_macros() {
            let module = files
                .iter()
                .map(|file| &file.module)
                .filter(|module| path.starts_with(module))
                .max_by_key(|module| module.len());
            let of_another = module.is_some_and(|module| *module != file.module && handlers.contains(module));
            // The module itself is imported so that `uri!` can say `user::show`.
            if of_another && !handlers.contains(&path) {
                borrowed.push(format!("{} takes {}", file.name, path.join("::")));
            }
        }
    }
    assert!(borrowed.is_empty(), "{borrowed:#?}");
}

/// Its derive would bring a sentence to each error.
#[test]
fn no_layer_below_the_words_derives_the_words_of_an_error() {
    let below = ["accounts", "store", "domain"];
    must_not_name(&["thiserror"], |file| file.module.first().is_some_and(|layer| below.contains(&layer.as_str())));
}

/// Tests and examples are built with every layer public. A program that depends on this crate is not.
#[test]
fn no_example_names_what_only_tests_can_see() {
    let mut examples = 0;
    let mut found = Vec::new();
    let documents = fs::read_dir("src/guide").expect("the guides").map(|entry| entry.expect("an entry").path());
    let sources = sources().into_iter().map(|file| PathBuf::from(file.name));
    for path in documents.chain(sources).chain([PathBuf::from("README.md")]) {
        let text = fs::read_to_string(&path).expect("a file");
        for code in text.split("curfew::").skip(1) {
            examples += 1;
            let named = code.split([';', '`']).next().unwrap_or_default();
            let mut words = named.split(|c: char| !c.is_alphanumeric() && c != '_');
            if words.any(|word| ["domain", "store", "words"].contains(&word)) {
                found.push(format!("{} names curfew::{named}", path.display()));
            }
        }
    }
    assert!(examples > 4, "only {examples} were found");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_parser_finds_every_literal() {
    let file = Source::read(
        "src/domain/f.rs",
        "#[error(\"One.\")] fn f() { g('\"', 'a', \"a \\\"b\\\"\\\\\", \"\") } // \"no\"",
    );
    assert_eq!(file.literals(), ["One.", r#"a \"b\"\\"#, ""]);
}

#[test]
fn the_parser_finds_every_way_to_name_a_module() {
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
        assert!(paths.iter().any(|found| found == path), "{path} was not found among {paths:?}");
    }
    assert!(!paths.iter().any(|path| path.contains("no")), "{paths:?}");
    let outside: Vec<String> = file.paths_outside_uri_macros().map(|path| path.join("::")).collect();
    assert!(!outside.contains(&"site::login::show".to_owned()) && !outside.contains(&"site::admin::a::h".to_owned()));
}
