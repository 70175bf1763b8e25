//! The command line: the same use cases as the pages, with the server up or down.

mod database;
mod demo;
mod error;
mod event;
mod force_logout;
mod logging;
mod migrate;
mod password;
mod serve;
mod session;
mod show;
mod token;
mod user;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::{
    domain::people::text::{escaped, escaped_json},
    settings,
};

pub use error::CommandError;

/// What every help ends with.
const SETTINGS: &str = "\
Settings: Rocket.toml, then the environment: ROCKET_…, DATABASE_URL, CURFEW_…; the README lists them.
Status: 0 done, 1 refused or failed (one line on standard error says why), 2 wrong usage.";

/// What a command answers: lines for standard output, or one for standard error.
type Result<T> = std::result::Result<T, CommandError>;

/// The accounts part of a website, made so that staff can end anyone's access at once.
///
/// Without a command it serves. Every command works with the server up or down.
#[derive(Debug, Parser)]
#[command(name = "curfew", version, disable_help_subcommand = true, after_help = SETTINGS)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Migrate the database, then serve (what `curfew` alone does).
    ///
    /// While there is no superuser, it prints a setup code, a new one at each start, and the address where the
    /// first superuser is made with it.
    Serve,
    /// Serve a site full of sample people, to look around in.
    ///
    /// Its data is made anew at each start and thrown away at the end; no other data is touched. Of the settings
    /// only Rocket's own are read, such as `ROCKET_PORT`. The sample logins are printed.
    Demo,
    /// Migrate the database and do nothing else.
    Migrate,
    /// Make, list, show and change accounts.
    #[command(subcommand)]
    User(user::UserCommand),
    /// List the sessions of a user, and end one.
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// Make a token for a program of a user, list them, and revoke one.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Delete old events.
    #[command(subcommand)]
    Event(event::EventCommand),
    /// End the logins of one user, or of everyone.
    ///
    /// They can log in again. Without --at, every login made so far ends.
    ForceLogout(force_logout::ForceLogout),
}

impl Command {
    /// Whom or what it is about, as it was typed; nothing where it is about no one in particular.
    fn about(&self) -> &str {
        match self {
            Self::Serve | Self::Demo | Self::Migrate | Self::Event(_) => "",
            Self::User(command) => command.about(),
            Self::Session(command) => command.about(),
            Self::Token(command) => command.about(),
            Self::ForceLogout(command) => command.about(),
        }
    }
}

impl Arguments {
    /// Whether it goes on, and so has a log that somebody reads.
    const fn serves(&self) -> bool {
        matches!(self.command, None | Some(Command::Serve | Command::Demo))
    }
}

/// Runs the program as it was called. The status is 0 when it is done, 1 when it was refused or
/// failed, 2 when it was called wrongly.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return say_usage(&error),
    };
    logging::start(arguments.serves());
    // Looked at first, because Rocket's runtime panics about settings that it cannot read.
    let about = arguments.command.as_ref().map(|command| command.about().to_owned()).unwrap_or_default();
    let outcome =
        settings::check().map_err(CommandError::from).and_then(|()| rocket::execute(carry_out(arguments.command)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error.in_words(&about));
            ExitCode::from(1)
        }
    }
}

async fn carry_out(command: Option<Command>) -> Result<()> {
    match command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run().await,
        Command::Demo => demo::run().await,
        Command::Migrate => migrate::run().await,
        Command::User(command) => command.run().await,
        Command::Session(command) => command.run().await,
        Command::Token(command) => command.run().await,
        Command::Event(command) => command.run().await,
        Command::ForceLogout(command) => command.run().await,
    }
}

/// The help that was asked for, or what was wrong with the arguments, which are quoted there and so
/// are made safe in a terminal.
fn say_usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    for line in error.render().to_string().lines() {
        let _ = writeln!(io::stderr(), "{}", escaped(line));
    }
    ExitCode::from(2)
}

/// One line on standard output, safe in a terminal.
fn say(line: &str) -> Result<()> {
    print_line(&escaped(line))
}

/// One line of JSON on standard output, safe in a terminal.
fn say_json(json: &str) -> Result<()> {
    print_line(&escaped_json(json))
}

/// A list that is cut short by a full disk must not pass for the whole; a closed pipe is the
/// reader's choice.
fn print_line(line: &str) -> Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::Output(error.to_string())),
        _ => Ok(()),
    }
}

/// One line on standard error, safe in a terminal.
fn say_error(line: &str) {
    let _ = writeln!(io::stderr(), "curfew: {}", escaped(line));
}
