//! Why a command was refused, in one line that says what to do.

use crate::{
    accounts::AccountsError,
    domain::{
        email::EmailError,
        login_name::LoginNameError,
        moment::MomentError,
        password::PasswordError,
        reason_text::ReasonTextError,
        token::{TokenLabelError, TokenLifetimeError},
        username::UsernameError,
    },
    settings::SettingsError,
    store::{OpenError, StoreError},
};

/// Why a command was refused, or failed.
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
    #[error("{}", refusal(.0))]
    Accounts(#[from] AccountsError),
    /// An argument is wrong.
    #[error(transparent)]
    Username(#[from] UsernameError),
    /// An argument is wrong.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// An argument is wrong.
    #[error(transparent)]
    Name(#[from] LoginNameError),
    /// An argument is wrong.
    #[error(transparent)]
    Moment(#[from] MomentError),
    /// An argument is wrong.
    #[error(transparent)]
    Reason(#[from] ReasonTextError),
    /// An argument is wrong.
    #[error(transparent)]
    Label(#[from] TokenLabelError),
    /// An argument is wrong.
    #[error(transparent)]
    Lifetime(#[from] TokenLifetimeError),
    /// The password is not to be had.
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
    /// The demo could not be set up.
    #[error("the demo cannot start: {0}")]
    Demo(String),
    /// It was not confirmed.
    #[error("Nothing was deleted: add --yes to delete the account for good.")]
    NotConfirmed,
}

/// A refusal with what to do about it, where the pages have another way to say so.
fn refusal(error: &AccountsError) -> String {
    match error {
        AccountsError::NoSuchUser => "There is no such user: `curfew user list` shows who there is.".to_owned(),
        AccountsError::NoSuchSession => {
            "There is no such session: `curfew session list NAME` shows those of a user.".to_owned()
        }
        AccountsError::NoSuchToken => {
            "There is no such token: `curfew token list NAME` shows those of a user.".to_owned()
        }
        AccountsError::NothingScheduled => "Nothing is scheduled, so there is nothing to call off.".to_owned(),
        AccountsError::NameTaken(_) => format!("{error} Choose another one."),
        error => error.to_string(),
    }
}
