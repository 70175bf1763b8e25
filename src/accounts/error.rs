//! Why a use case was refused, or failed.

use std::time::Duration;

use crate::{
    domain::{logins::kind::LoginClass, moment::Moment, reason::EndReason},
    store::{StoreError, users::NameClash},
};

/// Why a use case was refused, or failed. Nothing of it has happened then, but for the event that
/// tells of the attempt.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
    /// Too many tries; wait so long.
    #[error("There were too many tries. Wait {} and try again.", in_words(*.retry_after))]
    TooManyTries {
        /// How long.
        retry_after: Duration,
    },
    /// No such account, or not its password. Which, is not said.
    #[error("This is not the right username or email and password.")]
    BadCredentials,
    /// Not the account's password, where the account is known.
    #[error("This is not your password.")]
    WrongPassword,
    /// The right password of an account that is deactivated.
    #[error("This account is deactivated.")]
    Inactive {
        /// Why, for its person.
        user_reason: Option<String>,
        /// Until when.
        until: Option<Moment>,
    },
    /// The right password of an account that has as many live sessions as it may.
    #[error("{}", full_in_words(*live, *limit))]
    SessionsFull {
        /// How many it has; more than it may, where the limit was lowered.
        live: u64,
        /// How many it may have.
        limit: u64,
    },
    /// The right password of an account that has as many live tokens as it may.
    #[error("{}", tokens_full_in_words(*live, *limit))]
    TokensFull {
        /// How many it has; more than it may, where the limit was lowered.
        live: u64,
        /// How many it may have.
        limit: u64,
    },
    /// The login that acts has ended meanwhile.
    #[error("This login has ended ({reason}).")]
    Ended {
        /// Why.
        reason: EndReason,
        /// Why, in the words that staff left for its person.
        user_reason: Option<String>,
    },
    /// Registration is closed.
    #[error("Registration is closed on this site.")]
    RegistrationClosed,
    /// There is a superuser, so nothing is to be set up.
    #[error("This site has been set up.")]
    AlreadySetUp,
    /// Not the printed setup code.
    #[error("This is not the setup code that the server printed when it last started.")]
    WrongSetupCode,
    /// A name that is taken.
    #[error("{}", clash_in_words(*.0))]
    NameTaken(NameClash),
    /// No such account.
    #[error("There is no such user.")]
    NoSuchUser,
    /// No such session, or another account's.
    #[error("There is no such session.")]
    NoSuchSession,
    /// No such token, or another account's.
    #[error("There is no such token.")]
    NoSuchToken,
    /// The actor's role does not reach so far.
    #[error("Staff act on members only; ask a superuser.")]
    Forbidden,
    /// It would leave the site without a superuser.
    #[error("This is the last superuser: make another one first.")]
    LastSuperuser,
    /// It would lock the actor out by their own hand.
    #[error("Nobody can do this to their own account; ask another superuser.")]
    OwnAccount,
    /// An end that lies behind.
    #[error("The end must lie ahead.")]
    UntilIsPast,
    /// Nothing there to call off.
    #[error("Nothing is scheduled.")]
    NothingScheduled,
}

impl AccountsError {
    /// No such login, or another account's.
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

/// What there is, what may be, and what to do: room for one more is needed.
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

/// The same of tokens, which a person can revoke.
fn tokens_full_in_words(live: u64, limit: u64) -> String {
    let counted = |n: u64| if n == 1 { "1 token".to_owned() } else { format!("{n} tokens") };
    let too_many = counted(live.saturating_sub(limit).saturating_add(1));
    format!("This account has {}, and may have {limit}. Revoke {too_many} first.", counted(live))
}

/// A wait, rounded up to what people count in.
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
