//! Why a use case was refused or failed.

use std::{error::Error, fmt, time::Duration};

use crate::{accounts::AccountsError, store::users::NameClash};

impl fmt::Display for AccountsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Store(error) => return error.fmt(f),
            Self::Hashing(why) => return write!(f, "the password could not be hashed: {why}"),
            Self::TooManyAttempts { retry_after } => {
                return write!(f, "Too many attempts. Wait {} and try again.", wait_in_words(*retry_after));
            }
            Self::BadPassword(error) => return error.fmt(f),
            Self::Busy { retry_after } => {
                return write!(f, "The site is busy. Wait {} and try again.", wait_in_words(*retry_after));
            }
            Self::BadCredentials => "Wrong username, email or password.",
            Self::WrongPassword => "Wrong password.",
            Self::Inactive { .. } => "This account is deactivated.",
            Self::Unverified => "Verify your email first: open the link in the letter that this site sent you.",
            Self::EmailDistrusted => {
                "Somebody else set the email of this account, says its owner, so no letter goes there. Make sure who the \
                 owner is, and give them the link that curfew user reset-link prints."
            }
            Self::BadLink => "This link does not work any more. Ask for a new one.",
            Self::SessionsFull { live, limit } => return f.write_str(&sessions_full_in_words(*live, *limit)),
            Self::TokensFull { live, limit } => return f.write_str(&tokens_full_in_words(*live, *limit)),
            Self::Ended { reason, .. } => return write!(f, "This login has ended ({reason})."),
            Self::RegistrationClosed => "Registration is closed on this site.",
            Self::AlreadySetUp => "This site is already set up.",
            Self::WrongSetupCode => "This is not the setup code that the server printed when it last started.",
            Self::NameTaken(NameClash::Username) => "This username is taken.",
            Self::NameTaken(NameClash::LookAlike) => {
                "This username looks like that of another account. Choose one that cannot be mistaken for it."
            }
            Self::NameReserved => "This username is reserved. Choose another one.",
            Self::NameTaken(NameClash::Email) => "This email belongs to another account.",
            Self::NoSuchUser => "There is no such user.",
            Self::NoSuchSession => "There is no such session.",
            Self::NoSuchToken => "There is no such token.",
            Self::Forbidden => "Staff act on members only; ask a superuser.",
            Self::LastSuperuser => "This is the last superuser. Create another one first.",
            Self::OwnAccount => "You cannot do this to your own account. Ask another superuser.",
            Self::NoSuchTemplate => "There is no such template.",
            Self::TitleTaken => "Another template has this title.",
            Self::TemplatesFull => "There are 20 templates, and no more are allowed. Delete one first.",
            Self::UntilIsPast => "Choose a time in the future.",
            Self::NothingScheduled => "Nothing is scheduled.",
        })
    }
}

impl Error for AccountsError {
    /// The source of the store's error. `Display` already prints the store's error itself.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            _ => None,
        }
    }
}

/// Says how many sessions there are, how many are allowed, and what to do to make room for one.
fn sessions_full_in_words(live: u64, limit: u64) -> String {
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

/// Says how many tokens there are, how many are allowed, and how many to revoke first.
fn tokens_full_in_words(live: u64, limit: u64) -> String {
    let counted = |n: u64| if n == 1 { "1 token".to_owned() } else { format!("{n} tokens") };
    let too_many = counted(live.saturating_sub(limit).saturating_add(1));
    format!("This account has {}, and may have {limit}. Revoke {too_many} first.", counted(live))
}

/// A wait in seconds or minutes, rounded up.
fn wait_in_words(wait: Duration) -> String {
    let seconds = wait.as_secs_f64().ceil().max(1.0);
    match seconds {
        1.0 => "1 second".to_owned(),
        ..90.0 => format!("{seconds} seconds"),
        _ => format!("{} minutes", (seconds / 60.0).ceil()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_and_has_its_unit() {
        let expected =
            [(1, "1 second"), (2, "2 seconds"), (89, "89 seconds"), (90, "2 minutes"), (3_600, "60 minutes")];
        for (seconds, words) in expected {
            assert_eq!(wait_in_words(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn no_room_is_said_as_people_count() {
        for (live, limit, parts) in [
            (1, 1, ["is logged in elsewhere", "only one login at a time", "Log out there"]),
            (3, 1, ["has 3 logins open", "only one login at a time", "Log out on 3 other devices"]),
            (2, 2, ["has 2 logins open", "no more than 2 logins at once", "Log out on another device"]),
            (4, 2, ["has 4 logins open", "no more than 2 logins at once", "Log out on 3 other devices"]),
        ] {
            let words = sessions_full_in_words(live, limit);
            assert!(parts.iter().all(|part| words.contains(part)), "{words}");
        }
    }
}
