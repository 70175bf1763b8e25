//! Why a command was refused, in one line that names what it is about and says what to do.

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

/// Why a command was refused, or failed. What is wrong with an argument is wrong usage, and clap says so.
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
    /// An act on everyone finds no one.
    #[error("There are no users in the database {0}: set DATABASE_URL to the site's database.")]
    NoUsers(String),
    /// The new password is refused.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The terminal or a pipe failed.
    #[error("{0}")]
    Terminal(String),
    /// What there is to say cannot be written.
    #[error("standard output cannot be written: {0}")]
    Output(String),
    /// The server could not be launched.
    #[error("the server cannot start: {0}")]
    Launch(String),
    /// The demo's data stays behind.
    #[error("the demo's folder {0} cannot be removed: {1}; remove it by hand")]
    NotRemoved(String, String),
    /// The demo could not be set up.
    #[error("the demo cannot start: {0}")]
    Demo(String),
}

/// The demo's own names and reasons are parsed as anyone's are.
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
    /// The error in one line, which names the user, session or token that the command is about: in a loop over many
    /// nobody could tell otherwise.
    pub(super) fn in_words(&self, about: &str) -> String {
        match self {
            Self::Accounts(AccountsError::NoSuchUser) => {
                format!("There is no such user: {about}. `curfew user list` shows who there is.")
            }
            Self::Accounts(AccountsError::NoSuchSession) => {
                format!("There is no such session: {about}. `curfew session list NAME` shows those of a user.")
            }
            Self::Accounts(AccountsError::NoSuchToken) => {
                format!("There is no such token: {about}. `curfew token list NAME` shows those of a user.")
            }
            Self::Accounts(AccountsError::NothingScheduled) => {
                format!("{about}: Nothing is scheduled, so there is nothing to call off.")
            }
            Self::Accounts(error @ AccountsError::NameTaken(_)) => format!("{about}: {error} Choose another one."),
            Self::Accounts(error) if !about.is_empty() => format!("{about}: {error}"),
            Self::EmailTaken(_) | Self::Password(_) => format!("{about}: {self}"),
            _ => self.to_string(),
        }
    }
}
