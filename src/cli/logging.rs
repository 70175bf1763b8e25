//! The log: on standard error, one line for each record, at the level of Rocket's own setting.

use std::io::{self, Write as _};

use env_logger::{Builder, Logger, fmt::Formatter};
use log::{Level, LevelFilter, Log, Metadata, Record};
use rocket::{Config, config::LogLevel};

use crate::{domain::people::text::escaped, store::DRIVERS_LOG};

/// Where Rocket tells of each request.
const ROCKETS_SERVER: &str = "rocket::server";
/// How Rocket begins what it reports as an error or a warning although a client did it: an address that there is not,
/// a malformed chunk or a body that breaks off, a header that is no text.
const BY_A_CLIENT: [&str; 3] = ["No matching routes", "Failed to read into peek buffer", "Header '"];

/// Begins to log; `RUST_LOG` says more than `log_level` does, where it is set. A command that is done
/// at once says on standard error what failed, and nothing else.
pub(super) fn start(serves: bool) {
    let level = Config::figment().extract_inner::<LogLevel>("log_level").unwrap_or(LogLevel::Critical);
    let mut builder = Builder::new();
    builder.filter_level(level.into());
    if level == LogLevel::Critical {
        builder
            // That a browser went away before the end of an answer: each page does, with its stream of events.
            .filter_module(ROCKETS_SERVER, LevelFilter::Error)
            // Where the site is, it says itself.
            .filter_module("rocket::launch", LevelFilter::Off)
            .format(without_details);
    }
    if !serves {
        // That a statement was slow.
        builder.filter_module(DRIVERS_LOG, LevelFilter::Error);
    }
    builder.parse_default_env();
    let logger = builder.build();
    let most = logger.filter();
    // Another logger is there only where the library is part of another program.
    if log::set_boxed_logger(Box::new(WithoutRequests(logger))).is_ok() {
        log::set_max_level(most);
    }
}

/// A logger that leaves out what Rocket would write of whole requests and answers, however much is asked
/// for: there are cookies and tokens in them. What a client did is information, never an error.
struct WithoutRequests(Logger);

impl WithoutRequests {
    fn takes(metadata: &Metadata<'_>) -> bool {
        metadata.target() != ROCKETS_SERVER || metadata.level() < Level::Debug
    }
}

impl Log for WithoutRequests {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Self::takes(metadata) && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !Self::takes(record.metadata()) {
            return;
        }
        if is_by_a_client(record) {
            let (args, target) = (*record.args(), record.target());
            self.0.log(&Record::builder().args(args).target(target).level(Level::Info).build());
        } else {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

fn is_by_a_client(record: &Record<'_>) -> bool {
    let begins_so = || BY_A_CLIENT.iter().any(|words| record.args().to_string().starts_with(words));
    record.level() < Level::Info && record.target().starts_with("rocket::") && begins_so()
}

/// Rocket warns of each guard that refuses a request as a detail of what it says at another level.
fn without_details(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    if record.target().ends_with("::_") && record.level() > Level::Error {
        return Ok(());
    }
    writeln!(out, "[{} {}] {}", out.timestamp(), record.level(), escaped(&record.args().to_string()))
}
