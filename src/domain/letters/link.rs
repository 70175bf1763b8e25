//! Links in letters. A link is a credential: its holder may do one thing to one account, once.

use std::{fmt, time::Duration};

use data_encoding::BASE32_NOPAD;

use crate::domain::{
    logins::session_secret::SecretHash,
    moment::Moment,
    reason::EndReason,
    standing::{Limits, LoginState, Question, SiteStanding, Standing, check},
};

/// The longest time that any link may work. Its row is kept for a day longer.
pub const MAX_LINK_LIFETIME: Duration = Duration::from_hours(7 * 24);
/// How long a not-me link works.
pub const NOT_ME_LIFETIME: Duration = MAX_LINK_LIFETIME;

/// The length of a token: 160 bits cannot be guessed.
const TOKEN_BYTES: usize = 20;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkPurpose {
    /// Choose a new password.
    Reset,
    /// Verify an email address.
    Verify,
    /// Take the account back: "This wasn't me".
    NotMe,
}

impl LinkPurpose {
    /// Every purpose, for tests.
    #[cfg(any(test, feature = "internals"))]
    pub const ALL: [Self; 3] = [Self::Reset, Self::Verify, Self::NotMe];

    /// The stored code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Verify => "verify",
            Self::NotMe => "not-me",
        }
    }
}

/// What the rule knows about a link.
#[derive(Debug, Clone, Copy)]
pub struct LinkState {
    /// The account.
    pub user_id: i64,
    /// Its order among force logouts, as a login's `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// When it was issued, by the site's clock. Its lifetime counts from here.
    pub issued_at: Moment,
    /// Whether it was used.
    pub is_used: bool,
}

/// Whether a link still works. It is a login that has never been used again: [`check`] judges it, so whatever ends the
/// account's logins ends its links.
///
/// A not-me link is the exception: an attacker who has the password must not be able to end it. So no force logout and
/// no deactivation ends it, only its use, its age, and the end of the account.
#[must_use]
pub fn is_good(
    link: LinkState,
    purpose: LinkPurpose,
    (account, site): (&Standing, &SiteStanding),
    lifetime: Duration,
    now: Moment,
) -> bool {
    let state = LoginState {
        user_id: link.user_id,
        ended: link.is_used.then_some(EndReason::Expired),
        opened_at: link.issued_at,
        last_seen: link.issued_at,
    };
    let untouched = Standing {
        is_active: true,
        force_logout_date: None,
        force_logout_cause: None,
        force_logout_scheduled: None,
        ..*account
    };
    let (account, site) = match purpose {
        LinkPurpose::NotMe => (&untouched, &SiteStanding::default()),
        LinkPurpose::Reset | LinkPurpose::Verify => (account, site),
    };
    let question = Question {
        user_id: link.user_id,
        login_date: link.login_date,
        account: Some(account),
        site,
        login: Some(&state),
        limits: Limits { lifetime, idle: lifetime },
        now,
    };
    check(&question).is_ok()
}

/// The secret part of a link's address. Only the letter holds it; the database holds its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(String);

impl LinkToken {
    /// Creates a token from random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; TOKEN_BYTES]) -> Self {
        Self(BASE32_NOPAD.encode(&bytes).to_lowercase())
    }

    /// Parses the token in an address. Case does not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let bytes = BASE32_NOPAD.decode(text.to_uppercase().as_bytes()).ok()?;
        (bytes.len() == TOKEN_BYTES).then_some(Self(text))
    }

    /// The token as text, for the address in the letter only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash to store. The token is random, so one round of SHA-256 is enough.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of_text(&self.0)
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken")
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn good(
        purpose: LinkPurpose,
        change: impl FnOnce(&mut LinkState, &mut Standing, &mut SiteStanding),
        later: TimeDelta,
    ) -> bool {
        let now = Moment::UNIX_EPOCH + TimeDelta::days(9_000);
        let mut link = LinkState { user_id: 7, login_date: now, issued_at: now, is_used: false };
        let mut account = Standing {
            user_id: 7,
            is_active: true,
            force_logout_date: None,
            force_logout_cause: None,
            force_logout_scheduled: None,
        };
        let mut site = SiteStanding::default();
        change(&mut link, &mut account, &mut site);
        is_good(link, purpose, (&account, &site), HOUR, now + later)
    }

    #[test]
    fn whatever_ends_a_login_ends_a_link_but_a_not_me_link() {
        for purpose in LinkPurpose::ALL {
            let stays = purpose == LinkPurpose::NotMe;
            assert!(good(purpose, |_, _, _| {}, TimeDelta::zero()), "{purpose:?}");
            assert_eq!(good(purpose, |_, user, _| user.is_active = false, TimeDelta::zero()), stays, "{purpose:?}");
            let out = |link: &mut LinkState, user: &mut Standing, _: &mut SiteStanding| {
                user.force_logout_date = Some(link.login_date);
            };
            assert_eq!(good(purpose, out, TimeDelta::zero()), stays, "{purpose:?}");
            let due = |link: &mut LinkState, user: &mut Standing, _: &mut SiteStanding| {
                user.force_logout_scheduled = Some(link.issued_at);
            };
            assert_eq!(good(purpose, due, TimeDelta::zero()), stays, "{purpose:?}");
            let everyone = |link: &mut LinkState, _: &mut Standing, site: &mut SiteStanding| {
                site.force_logout_date = Some(link.login_date);
            };
            assert_eq!(good(purpose, everyone, TimeDelta::zero()), stays, "{purpose:?}");
        }
    }

    #[test]
    fn use_age_and_the_end_of_the_account_end_every_link() {
        for purpose in LinkPurpose::ALL {
            assert!(!good(purpose, |link, _, _| link.is_used = true, TimeDelta::zero()), "{purpose:?}");
            assert!(good(purpose, |_, _, _| {}, TimeDelta::minutes(59)), "{purpose:?}");
            assert!(!good(purpose, |_, _, _| {}, TimeDelta::hours(1)), "{purpose:?}");
            assert!(!good(purpose, |_, user, _| user.user_id = 8, TimeDelta::zero()), "{purpose:?}");
        }
    }

    #[test]
    fn a_token_parses_in_either_case_and_nothing_else_does() {
        let token = LinkToken::from_random([7; TOKEN_BYTES]);
        assert_eq!(LinkToken::parse(token.reveal()), Some(token.clone()));
        assert_eq!(LinkToken::parse(&token.reveal().to_uppercase()), Some(token.clone()));
        assert!(!format!("{token:?}").contains(token.reveal()));
        for text in ["", "a", "é", &token.reveal()[1..], &format!("{}a", token.reveal())] {
            assert_eq!(LinkToken::parse(text), None, "{text}");
        }
    }
}
