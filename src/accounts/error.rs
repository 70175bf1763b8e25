//! Why a use case was refused or failed.

use std::time::Duration;

use crate::{
    domain::{logins::kind::LoginClass, moment::Moment, reason::EndReason},
    store::{StoreError, users::NameClash},
};

/// Why a use case was refused or failed. The use case has changed nothing, except that it may have recorded an event.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
    /// Too many attempts.
    #[error("Too many attempts. Wait {} and try again.", in_words(*.retry_after))]
    TooManyTries {
        /// How long to wait.
        retry_after: Duration,
    },
    /// No such account, or the wrong password. The error does not say which.
    #[error("Wrong username, email or password.")]
    BadCredentials,
    /// The wrong password of a known account.
    #[error("Wrong password.")]
    WrongPassword,
    /// The right password of a deactivated account.
    #[error("This account is deactivated.")]
    Inactive {
        /// The reason for the user.
        user_reason: Option<String>,
        /// When the deactivation ends.
        until: Option<Moment>,
    },
    /// The right password of an account that has reached its session limit.
    #[error("{}", full_in_words(*live, *limit))]
    SessionsFull {
        /// How many live sessions it has. More than the limit if the limit was lowered.
        live: u64,
        /// The limit.
        limit: u64,
    },
    /// The right password of an account that has reached its token limit.
    #[error("{}", tokens_full_in_words(*live, *limit))]
    TokensFull {
        /// How many live tokens it has. More than the limit if the limit was lowered.
        live: u64,
        /// The limit.
        limit: u64,
    },
    /// The actor's own login has ended in the meantime.
    #[error("This login has ended ({reason}).")]
    Ended {
        /// Why it ended.
        reason: EndReason,
        /// The reason that staff wrote for the user.
        user_reason: Option<String>,
    },
    /// Registration is closed.
    #[error("Registration is closed on this site.")]
    RegistrationClosed,
    /// A superuser exists, so there is nothing to set up.
    #[error("This site has been set up.")]
    AlreadySetUp,
    /// The setup code is wrong.
    #[error("This is not the setup code that the server printed when it last started.")]
    WrongSetupCode,
    /// The username or email is taken.
    #[error("{}", clash_in_words(*.0))]
    NameTaken(NameClash),
    /// No such account.
    #[error("There is no such user.")]
    NoSuchUser,
    /// No such session, or it belongs to another account.
    #[error("There is no such session.")]
    NoSuchSession,
    /// No such token, or it belongs to another account.
    #[error("There is no such token.")]
    NoSuchToken,
    /// The actor's role does not allow it.
    #[error("Staff act on members only; ask a superuser.")]
    Forbidden,
    /// It would leave the site without a superuser.
    #[error("This is the last superuser. Create another one first.")]
    LastSuperuser,
    /// The actor would lock themselves out.
    #[error("You cannot do this to your own account. Ask another superuser.")]
    OwnAccount,
    /// The end of a deactivation is in the past.
    #[error("Choose a time in the future.")]
    UntilIsPast,
    /// There is no schedule to cancel.
    #[error("Nothing is scheduled.")]
    NothingScheduled,
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

fn clash_in_words(clash: NameClash) -> &'static str {
    match clash {
        NameClash::Username => "This username is taken.",
        NameClash::Email => "This email belongs to another account.",
    }
}

/// Says how many sessions there are, how many are allowed, and what to do to make room for one.
fn full_in_words(live: u64, limit: u64) -> String {
    let there_is = if live == 1 { "is logged in elsewhere".to_owned() } else { format!("has {live} logins open") };
    let may_be =
        if limit == 1 { "only one login at a time".to_owned() } else { format!("no more than {limit} logins at once") };
    let what_to_do = match live.saturating_sub(limit).saturating_add(1) {
        1 if live == 1 => "Log out there, or wait until that login ends, and try again.".to_owned(),
        1 => "Log out on another device, or wait until a login there ends, and try again.".to_owned(),
        many => format!("Log out on {many} other devices, or wait until the logins there end, and try again."),
    };
    format!("This account {there_is}, and may have {may_be}. {what_to_do}")
}

/// The same for tokens, which users can revoke.
fn tokens_full_in_words(live: u64, limit: u64) -> String {
    let counted = |n: u64| if n == 1 { "1 token".to_owned() } else { format!("{n} tokens") };
    let too_many = counted(live.saturating_sub(limit).saturating_add(1));
    format!("This account has {}, and may have {limit}. Revoke {too_many} first.", counted(live))
}

/// A wait in seconds or minutes, rounded up.
fn in_words(wait: Duration) -> String {
    let seconds = wait.as_secs_f64().ceil().max(1.0);
    if seconds < 90.0 { format!("{seconds} seconds") } else { format!("{} minutes", (seconds / 60.0).ceil()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_room_is_said_as_people_count() {
        for (live, limit, parts) in [
            (1, 1, ["is logged in elsewhere", "only one login at a time", "Log out there"]),
            (3, 1, ["has 3 logins open", "only one login at a time", "Log out on 3 other devices"]),
            (2, 2, ["has 2 logins open", "no more than 2 logins at once", "Log out on another device"]),
            (4, 2, ["has 4 logins open", "no more than 2 logins at once", "Log out on 3 other devices"]),
        ] {
            let words = full_in_words(live, limit);
            assert!(parts.iter().all(|part| words.contains(part)), "{words}");
        }
    }
}
