//! Bulk actions on users. [`super::chosen_logins`] has those on logins.

use sha2::{Digest as _, Sha256};

use super::{lists::users_filter::UsersFilter, logins::public_id::PublicId, moment::Moment};

/// What a bulk action does to each user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkAction {
    /// Ends the user's logins. The user can log in again.
    ForceLogout,
    /// Ends the user's logins. The user cannot log in until staff activate the account.
    Deactivate,
    /// Lets a deactivated user log in again.
    Activate,
    /// Cancels the user's scheduled force logout.
    CancelForceLogout,
}

/// The code is not a bulk action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownAction;

impl BulkAction {
    /// Every action, in the order in which the staff pages offer them.
    pub const ALL: [Self; 4] = [Self::ForceLogout, Self::Deactivate, Self::Activate, Self::CancelForceLogout];

    /// The code, as in the form field `action`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ForceLogout => "force-logout",
            Self::Deactivate => "deactivate",
            Self::Activate => "activate",
            Self::CancelForceLogout => "cancel-force-logout",
        }
    }

    /// Parses a code.
    ///
    /// # Errors
    /// Returns an error if the code is unknown.
    pub fn parse(code: &str) -> Result<Self, UnknownAction> {
        Self::ALL.into_iter().find(|action| action.code() == code).ok_or(UnknownAction)
    }

    /// The action that undoes this one. A force logout can be undone only while it is scheduled: then its logins have
    /// not ended yet.
    #[must_use]
    pub const fn inverse(self, is_scheduled: bool) -> Option<Self> {
        match self {
            Self::ForceLogout if is_scheduled => Some(Self::CancelForceLogout),
            Self::ForceLogout | Self::CancelForceLogout => None,
            Self::Deactivate => Some(Self::Activate),
            Self::Activate => Some(Self::Deactivate),
        }
    }
}

/// Which users a bulk action affects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkScope {
    /// The users with these ids, without duplicates.
    Ids(Vec<i64>),
    /// All users that match the filter.
    Matching(UsersFilter),
    /// The users of a stored list.
    Listed(PublicId),
}

/// A bulk action and the users that staff chose for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkChoice {
    /// The action.
    pub action: BulkAction,
    /// The users.
    pub scope: BulkScope,
    /// The highest user id that the action affects. The action leaves out users who register after staff saw the
    /// confirmation page. `None` until staff have seen that page.
    pub up_to: Option<i64>,
    /// When, until when, and whether for all logins.
    pub terms: BulkTerms,
}

impl BulkChoice {
    /// A choice that staff have not seen on a confirmation page yet: now, without an end, and for all logins.
    #[must_use]
    pub fn new(action: BulkAction, scope: BulkScope) -> Self {
        Self { action, scope, up_to: None, terms: BulkTerms::default() }
    }
}

/// What staff choose on the confirmation page, besides the reasons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BulkTerms {
    /// A force logout ends the logins made up to this time. A time in the future is a schedule. `None` is now.
    pub at: Option<Moment>,
    /// When a deactivation ends by itself.
    pub until: Option<Moment>,
    /// Whether a force logout leaves the login that the acting user acts with. A scheduled one leaves their account out.
    pub keeps_own_login: bool,
}

/// How many users a bulk action affects, and how many it skips for each reason. Of an action on chosen logins, the
/// numbers leave out the login that the acting user acts with, and what is skipped are logins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BulkCounts {
    /// The users that the action affects.
    pub users: u64,
    /// A digest of their ids, by [`digest_of`], or of the chosen logins, by [`digest_of_logins`]. Two scopes with the
    /// same count need not hold the same users.
    pub whom: u64,
    /// How many of them are staff or superusers.
    pub staff: u64,
    /// Whether the acting user is one of them, or the login that they act with is chosen.
    pub includes_actor: bool,
    /// Their live sessions, which the action ends. Together with the tokens at most
    /// [`MOST_COUNTED`](super::logins::counts::MOST_COUNTED) + 1.
    pub sessions: u64,
    /// Their live tokens, which the action ends too.
    pub tokens: u64,
    /// Skipped: staff and superusers. Only superusers act on them.
    pub out_of_reach: u64,
    /// Skipped: the acting user, because the action would lock them out.
    pub own_account: u64,
    /// Skipped: users who are already active, or already deactivated without an end date, or for whom no force logout is
    /// scheduled, and logins that have ended.
    pub already: u64,
    /// Skipped: ids of users that no longer exist.
    pub missing: u64,
}

impl BulkCounts {
    /// How many users the action skips.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.out_of_reach.saturating_add(self.own_account).saturating_add(self.already).saturating_add(self.missing)
    }

    /// Whether both affect the same users, and skip the same number of users for each reason. Sessions and tokens are
    /// not compared, because logins start and end all the time.
    #[must_use]
    pub fn has_same_users(&self, other: &Self) -> bool {
        Self { sessions: 0, tokens: 0, ..*self } == Self { sessions: 0, tokens: 0, ..*other }
    }
}

/// The first 64 bits of the SHA-256 of user ids, which must be in ascending order.
#[must_use]
pub fn digest_of(ids: &[i64]) -> u64 {
    let mut hash = Sha256::new();
    for id in ids {
        hash.update(id.to_be_bytes());
    }
    first_bits(hash)
}

/// The first 64 bits of the SHA-256 of the ids of logins, which must be in the same order each time.
#[must_use]
pub fn digest_of_logins<'i>(ids: impl Iterator<Item = &'i str>) -> u64 {
    let mut hash = Sha256::new();
    for id in ids {
        hash.update(id);
        hash.update([0]);
    }
    first_bits(hash)
}

fn first_bits(hash: Sha256) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_users_have_different_digests() {
        let digests = [&[][..], &[1], &[2], &[1, 2], &[1, 3], &[258]].map(digest_of);
        for (n, digest) in digests.iter().enumerate() {
            assert!(!digests[..n].contains(digest), "{digests:?}");
        }
    }

    #[test]
    fn different_logins_have_different_digests() {
        let digests = [&[][..], &["a"], &["b"], &["a", "b"], &["ab"], &["a", "c"]]
            .map(|ids| digest_of_logins(ids.iter().copied()));
        for (n, digest) in digests.iter().enumerate() {
            assert!(!digests[..n].contains(digest), "{digests:?}");
        }
    }
}
