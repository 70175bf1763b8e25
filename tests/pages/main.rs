//! The pages, through Rocket's local client.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../harness/mod.rs"]
mod harness;

mod api;
mod arbitrary_input;
mod bulk;
mod bulk_result;
mod busy;
mod causes;
mod clock;
mod cookies;
mod csrf;
mod danger;
mod effects;
mod events;
mod events_csv;
mod everyone;
mod fields;
mod finder;
mod forgeries;
mod from_memory;
mod headers;
mod hostile_values;
mod login;
mod next;
mod outage;
mod outcomes;
mod overview;
mod passwords;
mod paste;
mod people;
mod presence;
mod reason_templates;
mod reasons;
mod receipts;
mod refused_forms;
mod registration;
mod routes;
mod session_limit;
mod sessions;
mod shared_throttling;
mod site_logins;
mod static_files;
mod streams;
mod throttling;
mod token_pages;
mod tokens;
mod transport;
mod under_attack;
mod upkeep;
mod user_page;
