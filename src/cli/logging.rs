//! The log: one line per record on standard error, at the level of Rocket's setting `log_level`.
//!
//! It must never contain a whole request or response, which hold cookies and tokens. Control characters are escaped,
//! because clients can put any text into a record.

use std::{
    borrow::Cow,
    io::{self, Write as _},
};

use env_logger::{Builder, Logger, fmt::Formatter};
use log::{Level, LevelFilter, Log, Metadata, Record};
use rocket::config::LogLevel;

use crate::{domain::people::text::escaped, settings, site::ADDRESSES, store::DRIVERS_LOG};

/// The target of Rocket's records about each request.
const ROCKETS_SERVER: &str = "rocket::server";
/// The end of the target of Rocket's detail records. Those about a guard have the target of the route's module.
const DETAIL: &str = "::_";
/// The targets of Rocket's records about what a client sent: its request line, headers and body.
const SENT_BY_CLIENTS: [&str; 2] = ["rocket::request::", "rocket::data::"];
/// The beginnings of Rocket's other errors and warnings that a client causes: an unknown path, a malformed
/// request line, a broken connection, a failed upgrade.
const CLIENT_ERRORS: [&str; 5] =
    ["No matching routes", "Bad incoming HTTP request", "Connection failed", "Upgraded ", "Response indicated upgrade"];

/// Starts the log. `RUST_LOG`, if set, overrides `log_level`. In other commands, the database driver logs only errors.
pub(super) fn start(serves: bool) {
    let level = settings::figment().extract_inner::<LogLevel>("log_level").unwrap_or(LogLevel::Critical);
    let mut builder = Builder::new();
    builder.filter_level(level.into());
    if level == LogLevel::Critical {
        builder
            // Rocket warns when a browser disconnects before the end of a response. Every page that is left does so,
            // because of its event stream.
            .filter_module(ROCKETS_SERVER, LevelFilter::Error)
            // The site prints its address itself.
            .filter_module("rocket::launch", LevelFilter::Off)
            .format(without_details);
    } else {
        builder.format(with_target);
    }
    if !serves {
        // The driver warns about slow statements.
        builder.filter_module(DRIVERS_LOG, LevelFilter::Error);
    }
    builder.parse_default_env();
    let logger = builder.build();
    let max_level = logger.filter();
    // This fails only if the library is part of another program, which has its own logger.
    if log::set_boxed_logger(Box::new(WithoutRequests(logger))).is_ok() {
        log::set_max_level(max_level);
    }
}

/// A logger that drops Rocket's records of whole requests and responses at any log level, because they contain cookies
/// and tokens. It logs errors of clients at the level `info`.
struct WithoutRequests(Logger);

impl WithoutRequests {
    fn accepts(metadata: &Metadata<'_>) -> bool {
        metadata.target() != ROCKETS_SERVER || metadata.level() < Level::Debug
    }
}

impl Log for WithoutRequests {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Self::accepts(metadata) && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !Self::accepts(record.metadata()) {
            return;
        }
        if let Some(text) = without_secrets(&record.args().to_string()) {
            return self.0.log(
                &Record::builder().args(format_args!("{text}")).target(record.target()).level(record.level()).build(),
            );
        }
        if is_client_error(record) {
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

/// Whether Rocket logs an error or a warning although the client is the cause. A warning that is a detail belongs to a
/// record of a request, such as a guard that refuses it.
fn is_client_error(record: &Record<'_>) -> bool {
    let (target, level) = (record.target(), record.level());
    let begins_as_one = || {
        let text = record.args().to_string();
        CLIENT_ERRORS.iter().any(|beginning| text.starts_with(beginning))
    };
    level < Level::Info
        && (level == Level::Warn && target.ends_with(DETAIL)
            || SENT_BY_CLIENTS.iter().any(|module| target.starts_with(module))
            || target.starts_with("rocket::") && begins_as_one())
}

/// The text without the tokens of links in letters, if it has any: Rocket logs the address of each request.
fn without_secrets(text: &str) -> Option<String> {
    let mut has_secret = false;
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let slashes = word.match_indices('/').map(|(at, _)| at);
        let Some((before, path)) = slashes.map(|at| word.split_at(at)).find(|(_, path)| ADDRESSES.is_secret(path))
        else {
            return Cow::Borrowed(word);
        };
        has_secret = true;
        // The sentence may go on after the address.
        let address = path.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '\u{2026}');
        let after = &path[address.len()..];
        Cow::Owned(format!("{before}{}{after}", ADDRESSES.without_secret(path)))
    });
    let shown: String = words.collect();
    has_secret.then_some(shown)
}

/// Drops Rocket's detail records, except for errors. Rocket logs a detail as a warning for each guard that refuses a
/// request, although the record that the detail belongs to has another level.
fn without_details(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    if record.target().ends_with(DETAIL) && record.level() > Level::Error {
        return Ok(());
    }
    writeln!(out, "[{} {}] {}", out.timestamp(), record.level(), escaped(&record.args().to_string()))
}

fn with_target(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let (level, target) = (record.level(), record.target());
    writeln!(out, "[{} {level} {target}] {}", out.timestamp(), escaped(&record.args().to_string()))
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn a_record_of_a_request_has_no_token() {
        for (logged, shown) in [
            ("GET /password/reset/abc234 text/html:", "GET /password/reset/\u{2026} text/html:"),
            ("No matching routes for PUT /not-me/ABC.", "No matching routes for PUT /not-me/\u{2026}."),
            ("/email/verify/a /email/verify/b", "/email/verify/\u{2026} /email/verify/\u{2026}"),
            ("GET //Email/VERIFY//abc text/html:", "GET /email/verify/\u{2026} text/html:"),
            ("POST /not-me/\u{2026} was refused.", "POST /not-me/\u{2026} was refused."),
            ("GET /email/%76erify/abc:", "GET /email/verify/\u{2026}:"),
            ("\"http://curfew.test/not-me/abc\"", "\"http://curfew.test/not-me/\u{2026}\""),
        ] {
            assert_eq!(without_secrets(logged).as_deref(), Some(shown));
        }
        assert_eq!(without_secrets("GET /account text/html:"), None);
    }
}
