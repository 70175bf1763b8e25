//! Errors of commands, each in one line that names the user, session or token and says what to do.

use crate::{
    accounts::AccountsError,
    domain::{
        logins::token::TokenLabelError,
        people::{email::EmailError, login_name::LoginNameError, password::PasswordError, username::UsernameError},
        reason_text::ReasonTextError,
    },
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
    #[error("There are no users in the database {0}: set DATABASE_URL to the site's database.")]
    NoUsers(String),
    /// The new password is refused.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The terminal or a pipe failed.
    #[error("{0}")]
    Terminal(String),
    /// Standard output cannot be written.
    #[error("standard output cannot be written: {0}")]
    Output(String),
    /// The server could not be launched.
    #[error("the server cannot start: {0}")]
    Launch(String),
    /// The demo's folder could not be deleted.
    #[error("the demo's folder {0} cannot be removed: {1}; remove it by hand")]
    NotRemoved(String, String),
    /// The demo could not be set up.
    #[error("the demo cannot start: {0}")]
    Demo(String),
}

/// The demo parses its sample names and reasons as if users had typed them.
macro_rules! from_the_demo {
    ($($error:ty),*) => {
        $(impl From<$error> for CommandError {
            fn from(error: $error) -> Self {
                Self::Demo(error.to_string())
            }
        })*
    };
}

from_the_demo!(EmailError, LoginNameError, ReasonTextError, TokenLabelError, UsernameError);

impl CommandError {
    /// The error in one line that names what the command is `about`. Without the name, the output of a loop over many
    /// users would not say which one failed.
    pub(super) fn in_words(&self, about: &str) -> String {
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
