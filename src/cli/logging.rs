//! The log: on standard error, one line for each record, at the level of Rocket's own setting.

use std::io::{self, Write as _};

use env_logger::{Builder, Logger, fmt::Formatter};
use log::{Level, LevelFilter, Log, Metadata, Record};
use rocket::{Config, config::LogLevel};

use crate::{domain::text::escaped, store::DRIVERS_LOG};

/// Where Rocket tells of each request.
const ROCKETS_SERVER: &str = "rocket::server";
/// How Rocket begins what it says of a 404.
const NO_ROUTE: &str = "No matching routes";

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
/// for: there are cookies and tokens in them.
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
        if Self::takes(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// Rocket warns of each guard that refuses a request, and of each address that there is not, as a
/// detail of what it says at another level.
fn without_details(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let is_detail = record.target().ends_with("::_");
    if is_detail && (record.level() > Level::Error || record.args().to_string().starts_with(NO_ROUTE)) {
        return Ok(());
    }
    writeln!(out, "[{} {}] {}", out.timestamp(), record.level(), escaped(&record.args().to_string()))
}
