//! The command line: the same use cases as the pages, whether the server is up or down.
//!
//! Print only with `say`, `say_json` and `say_error`: they escape control characters, so that a stored name cannot
//! control the terminal.

mod database;
#[cfg(feature = "demo")]
mod demo;
#[cfg(not(feature = "demo"))]
#[path = "without_demo.rs"]
mod demo;
mod eject;
mod error;
mod event;
mod force_logout;
mod host;
mod logging;
mod mail;
mod manual;
mod migrate;
mod serve;
mod show;
mod users;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use rocket::{Build, Rocket};

use crate::{
    domain::people::text::{escaped, escaped_json},
    settings,
};

pub use error::CommandError;

/// The end of every help text.
const SETTINGS: &str = "\
Settings: Rocket.toml, then the environment: ROCKET_…, DATABASE_URL, REDIS_URL, SMTP_URL,
CURFEW_…; the settings guide lists them. Where Curfew is part of another program, the settings
of that program count.
Status: 0 done, 1 refused or failed (one line on standard error says why), 2 wrong usage.";

/// The result of a command. An error becomes one line on standard error.
type Result<T> = std::result::Result<T, CommandError>;

/// The accounts part of a website, made so that staff can end anyone's access at once.
///
/// Without a command, it serves. Every command works whether the server is up or down.
#[derive(Debug, Parser)]
#[command(name = "curfew", version, disable_help_subcommand = true, after_help = SETTINGS)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Migrate the database, then serve (the default command).
    ///
    /// While there is no superuser, it prints a setup code and the address of the page that creates the first
    /// superuser. Each start prints a new code.
    Serve,
    /// Serve a demo site with sample users.
    ///
    /// The demo creates its data at each start, deletes it at the end, and touches no other data. It reads only
    /// Rocket's own settings, such as `ROCKET_PORT`. It prints the sample logins.
    #[cfg_attr(not(feature = "demo"), command(hide = true))]
    Demo,
    /// Migrate the database and do nothing else.
    Migrate,
    /// Write embedded templates, styles or scripts into a folder, to change them.
    Eject(eject::Eject),
    /// Create, list, show and change accounts.
    #[command(subcommand)]
    User(users::UserCommand),
    /// List a user's sessions, or end one.
    #[command(subcommand)]
    Session(users::SessionCommand),
    /// Create a token for a user's program, list a user's tokens, or revoke one.
    #[command(subcommand)]
    Token(users::TokenCommand),
    /// List events, delete old ones, or verify that none was changed.
    #[command(subcommand)]
    Event(event::EventCommand),
    /// Send a test letter.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// End the logins of one user or of everyone.
    ///
    /// Users can log in again. Without --at, it ends every login made so far.
    ForceLogout(force_logout::ForceLogout),
    #[command(flatten)]
    Manual(manual::ManualCommand),
}

impl Command {
    /// The user, session or token that the command is about, as typed. Empty if there is none.
    fn about(&self) -> &str {
        match self {
            Self::Serve | Self::Demo | Self::Migrate | Self::Eject(_) | Self::Manual(_) => "",
            Self::Event(command) => command.about(),
            Self::User(command) => command.about(),
            Self::Session(command) => command.about(),
            Self::Token(command) => command.about(),
            Self::Mail(command) => command.about(),
            Self::ForceLogout(command) => command.about(),
        }
    }
}

impl Arguments {
    /// Whether the command is a server, which logs more than other commands.
    const fn serves(&self) -> bool {
        matches!(self.command, None | Some(Command::Serve | Command::Demo))
    }
}

/// Runs a command of Curfew in a program that has attached it, with the arguments of the process. Without a command, it
/// serves. The program itself must attach Curfew, not one of its fairings. The exit status is 0 for success, 1 for a
/// command that was refused or failed, and 2 for wrong usage.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use curfew::Curfew;
/// use rocket::{Build, Rocket};
///
/// fn main() -> ExitCode {
///     curfew::cli::run_with(rocket)
/// }
///
/// fn rocket() -> Rocket<Build> {
///     rocket::build().attach(Curfew::init())
/// }
/// ```
#[must_use]
pub fn run_with(program: impl FnOnce() -> Rocket<Build>) -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return say_usage(&error),
    };
    // Before the program is built, because Rocket would start a log of its own.
    logging::start(arguments.serves());
    let about = arguments.command.as_ref().map(|command| command.about().to_owned()).unwrap_or_default();
    let outcome = match arguments.command {
        // Without the settings: a shell that starts in any folder may ask for completions.
        Some(Command::Manual(command)) => command.run(),
        command => run_on_site(command, program),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error.in_words(&about, database::opened()));
            ExitCode::from(1)
        }
    }
}

fn run_on_site(command: Option<Command>, program: impl FnOnce() -> Rocket<Build>) -> Result<()> {
    // Checked first, because Rocket's runtime panics on settings that it cannot read.
    settings::check()?;
    let program = program();
    host::note(&program)?;
    rocket::execute(run_command(command, program))
}

async fn run_command(command: Option<Command>, program: Rocket<Build>) -> Result<()> {
    match command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(program).await,
        Command::Demo => demo::run().await,
        Command::Migrate => migrate::run().await,
        Command::Eject(command) => command.run(),
        Command::User(command) => command.run().await,
        Command::Session(command) => command.run().await,
        Command::Token(command) => command.run().await,
        Command::Event(command) => command.run().await,
        Command::Mail(command) => command.run().await,
        Command::ForceLogout(command) => command.run().await,
        Command::Manual(command) => command.run(),
    }
}

/// Prints the requested help, or what is wrong with the arguments. The latter quotes the arguments, so it is escaped.
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

/// Prints one line on standard output, escaped for terminals.
fn say(line: &str) -> Result<()> {
    print_line(&escaped(line))
}

/// Prints one line of JSON on standard output, escaped for terminals.
fn say_json(json: &str) -> Result<()> {
    print_line(&escaped_json(json))
}

/// Fails on a full disk, because a truncated list must not look complete. A closed pipe is not an error, because the
/// reader chose to stop.
fn print_line(line: &str) -> Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::Output(error.to_string())),
        _ => Ok(()),
    }
}

/// Prints one line on standard error, escaped for terminals.
fn say_error(line: &str) {
    let _ = writeln!(io::stderr(), "curfew: {}", escaped(line));
}
