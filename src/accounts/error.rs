//! Why a use case was refused or failed, as a code. `src/words/refusals.rs` has the words.

use std::time::Duration;

use crate::{
    domain::{logins::kind::LoginClass, moment::Moment, people::password::PasswordError, reason::EndReason},
    store::{StoreError, users::NameClash},
};

/// Why a use case was refused or failed. A refused use case has changed nothing, except that it may have recorded
/// an event or applied a schedule that was due. A bulk action keeps the batches that it finished.
#[derive(Debug)]
pub enum AccountsError {
    /// The database failed.
    Store(StoreError),
    /// The password could not be hashed.
    Hashing(String),
    /// Too many attempts.
    TooManyAttempts {
        /// How long to wait.
        retry_after: Duration,
    },
    /// Too many others wait to have their passwords checked.
    Busy {
        /// How long to wait.
        retry_after: Duration,
    },
    /// No such account, or the wrong password. The error does not say which.
    BadCredentials,
    /// The wrong password of a known account.
    WrongPassword,
    /// The new password is not acceptable.
    BadPassword(PasswordError),
    /// The account is deactivated. Only the right password of a login reveals it.
    Inactive {
        /// The reason for the user.
        user_reason: Option<String>,
        /// When the deactivation ends.
        until: Option<Moment>,
    },
    /// The right password of an account whose email is not verified, on a site that requires it.
    Unverified,
    /// The owner says that somebody else set the account's email, so no letter goes there.
    EmailDistrusted,
    /// The link is wrong, used, expired or revoked. The error does not say which.
    BadLink,
    /// The account has reached its session limit.
    SessionsFull {
        /// How many live sessions it has. More than the limit if the limit was lowered.
        live: u64,
        /// The limit.
        limit: u64,
    },
    /// The account has reached its token limit.
    TokensFull {
        /// How many live tokens it has. More than the limit if the limit was lowered.
        live: u64,
        /// The limit.
        limit: u64,
    },
    /// The actor's own login has ended in the meantime.
    Ended {
        /// Why it ended.
        reason: EndReason,
        /// The reason that staff wrote for the user.
        user_reason: Option<String>,
    },
    /// Registration is closed.
    RegistrationClosed,
    /// A superuser exists, so there is nothing to set up.
    AlreadySetUp,
    /// The setup code is wrong.
    WrongSetupCode,
    /// The username or email is taken.
    NameTaken(NameClash),
    /// The username is reserved, or looks like a reserved one.
    NameReserved,
    /// No such account.
    NoSuchUser,
    /// No such session, or it belongs to another account.
    NoSuchSession,
    /// No such token, or it belongs to another account.
    NoSuchToken,
    /// The actor's role does not allow it.
    Forbidden,
    /// It would leave the site without a superuser.
    LastSuperuser,
    /// The actor would lock themselves out.
    OwnAccount,
    /// No such template for reasons.
    NoSuchTemplate,
    /// Another template has the title.
    TitleTaken,
    /// The limit on reason templates is reached.
    TemplatesFull,
    /// The end of a deactivation is in the past.
    UntilIsPast,
    /// There is no schedule to cancel.
    NothingScheduled,
}

impl From<StoreError> for AccountsError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl AccountsError {
    /// No such login, or it belongs to another account.
    pub(super) const fn no_such_login(class: LoginClass) -> Self {
        match class {
            LoginClass::Sessions => Self::NoSuchSession,
            LoginClass::Tokens => Self::NoSuchToken,
        }
    }
}
