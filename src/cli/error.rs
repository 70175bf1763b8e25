//! The errors of commands. Each is one line that names the user, session or token and says what to do.

use crate::{
    accounts::AccountsError,
    domain::people::password::PasswordError,
    settings::SettingsError,
    store::{OpenError, StoreError},
};

/// Why a command was refused or failed. clap reports malformed arguments itself, as wrong usage.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A use case refused.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// Another account has this email.
    #[error("The email {0} belongs to another account. Choose another one.")]
    EmailTaken(String),
    /// A command for everyone found no users, so it most likely runs on the wrong database.
    #[error(
        "There are no users in the database {0}: set DATABASE_URL (or databases.curfew.url) to the site's database."
    )]
    NoUsers(String),
    /// The new password is not acceptable.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No new password could be read from the terminal or a pipe.
    #[error("{0}")]
    Terminal(String),
    /// Writing to standard output failed.
    #[error("cannot write to standard output: {0}")]
    Output(String),
    /// The server could not be launched.
    #[error("the server cannot start: {0}")]
    Launch(String),
    /// The demo's folder could not be deleted.
    #[error("cannot delete the demo's folder {0}: {1}. Delete it yourself.")]
    NotRemoved(String, String),
    /// The chain of events is broken.
    #[error("{0}")]
    BrokenChain(String),
    /// Links of the chain were made long after their events.
    #[error("{0}")]
    LateLinks(String),
    /// The chain can be continued only after its last link.
    #[error("Link {0} with this hash is not the last one of the chain, so nothing was changed.")]
    NotLastLink(i64),
    /// The mail server did not take a letter.
    #[error("The letter to {0} was not sent: {1}")]
    NotTaken(String, String),
    /// The program of a host attaches no Curfew.
    #[error(
        "this program attaches no Curfew: add `.attach(Curfew::init())` to the Rocket of `run_with`, not in a fairing"
    )]
    NoCurfew,
    /// The program of a host reads no override folder.
    #[error(
        "this program reads no folder of its own files: add `.overrides(\"templates/curfew\")`, or name one with --into"
    )]
    NoOverrides,
    /// There is no embedded file with this name.
    #[error("There is no embedded file {0:?}. `curfew eject` lists all.")]
    NoSuchFile(String),
    /// A file would be overwritten.
    #[error("{0} exists already, so nothing was written. Delete it first.")]
    Exists(String),
    /// A file could not be written.
    #[error("cannot write {0}: {1}")]
    NotWritten(String, String),
    /// The demo could not be set up.
    #[error("the demo cannot start: {0}")]
    Demo(String),
}

impl CommandError {
    /// Returns the error as one line that names what the command is `about`, and an error of the `database` with its
    /// name. Without the names, the output of a loop over many users or sites would not say which one failed.
    pub(super) fn in_words(&self, about: &str, database: Option<&str>) -> String {
        let words = self.about(about);
        match (self, database) {
            (Self::Store(_) | Self::Accounts(AccountsError::Store(_)), Some(database)) => {
                format!("{words}; the database is {database}")
            }
            _ => words,
        }
    }

    fn about(&self, about: &str) -> String {
        match self {
            Self::Accounts(AccountsError::NoSuchUser) => {
                format!("There is no such user: {about}. `curfew user list` lists all users.")
            }
            Self::Accounts(AccountsError::NoSuchSession) => {
                format!("There is no such session: {about}. `curfew session list NAME` lists a user's sessions.")
            }
            Self::Accounts(AccountsError::NoSuchToken) => {
                format!("There is no such token: {about}. `curfew token list NAME` lists a user's tokens.")
            }
            Self::Accounts(AccountsError::NothingScheduled) => {
                format!("{about}: Nothing is scheduled, so there is nothing to cancel.")
            }
            Self::Accounts(error @ AccountsError::NameTaken(_)) => format!("{about}: {error} Choose another one."),
            Self::Accounts(error) if !about.is_empty() => format!("{about}: {error}"),
            Self::EmailTaken(_) | Self::Password(_) => format!("{about}: {self}"),
            _ => self.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_database_names_it() {
        let unwritable = || StoreError::Unwritable;
        for (error, about, begins) in [
            (CommandError::Store(unwritable()), "", "this node cannot write"),
            (CommandError::Accounts(unwritable().into()), "ana", "ana: this node cannot write"),
        ] {
            let words = error.in_words(about, Some("db.example:5432/curfew"));
            assert!(
                words.starts_with(begins) && words.ends_with("; the database is db.example:5432/curfew"),
                "{words}"
            );
            assert_eq!(error.in_words(about, None), words.split_once("; the database").expect("a name").0);
        }
        let other = CommandError::Accounts(AccountsError::Forbidden);
        assert!(!other.in_words("ana", Some("db.example:5432/curfew")).contains("db.example"));
    }
}
