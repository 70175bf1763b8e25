//! One act on many users: what is done, and to whom.

use sha2::{Digest as _, Sha256};

use super::lists::users_filter::UsersFilter;

/// What is done to each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkAction {
    /// Their logins end; they can log in again.
    ForceLogout,
    /// Their logins end, and they cannot log in until somebody activates them.
    Deactivate,
    /// They can log in again.
    Activate,
}

/// A word that is no act on many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The action is force-logout, deactivate or activate.")]
pub struct UnknownAction;

impl BulkAction {
    /// Every one, in the order in which staff are offered them.
    pub const ALL: [Self; 3] = [Self::ForceLogout, Self::Deactivate, Self::Activate];

    /// The word for it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ForceLogout => "force-logout",
            Self::Deactivate => "deactivate",
            Self::Activate => "activate",
        }
    }

    /// Reads the word.
    ///
    /// # Errors
    /// When it is another.
    pub fn parse(word: &str) -> Result<Self, UnknownAction> {
        Self::ALL.into_iter().find(|action| action.code() == word).ok_or(UnknownAction)
    }
}

/// Whom an act on many is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkScope {
    /// The users of these numbers, each once.
    Ids(Vec<i64>),
    /// All that match.
    Matching(UsersFilter),
}

/// What is done, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkChoice {
    /// What.
    pub action: BulkAction,
    /// To whom.
    pub scope: BulkScope,
    /// Nobody with a greater number: whoever registers after staff were told how many there are is not
    /// meant. None until then.
    pub up_to: Option<i64>,
}

/// How many an act on many is on, and how many it passes over, by why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BulkCounts {
    /// The users that it is on.
    pub users: u64,
    /// Which users these are, by [`digest_of`]: as many others are not the same.
    pub whom: u64,
    /// Whether whoever acts is among them.
    pub includes_actor: bool,
    /// Their live sessions, which end by it.
    pub sessions: u64,
    /// The live tokens of their programs, which end by it too.
    pub tokens: u64,
    /// Passed over: staff and superusers, whom only superusers act on.
    pub out_of_reach: u64,
    /// Passed over: whoever acts, who would be locked out.
    pub own_account: u64,
    /// Passed over: those who are deactivated for good, or active, already.
    pub already: u64,
    /// Passed over: numbers that are nobody's any more.
    pub missing: u64,
}

impl BulkCounts {
    /// How many are passed over.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.out_of_reach.saturating_add(self.own_account).saturating_add(self.already).saturating_add(self.missing)
    }

    /// Whether the act is on the same users, and passes over as many for the same reasons. Logins begin
    /// and end all the time.
    #[must_use]
    pub fn has_same_users(&self, other: &Self) -> bool {
        Self { sessions: 0, tokens: 0, ..*self } == Self { sessions: 0, tokens: 0, ..*other }
    }
}

/// Of users' numbers, in their order.
#[must_use]
pub fn digest_of(ids: &[i64]) -> u64 {
    let mut hash = Sha256::new();
    for id in ids {
        hash.update(id.to_be_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_other_users_have_another_digest() {
        let digests = [&[][..], &[1], &[2], &[1, 2], &[1, 3], &[258]].map(digest_of);
        for (n, digest) in digests.iter().enumerate() {
            assert!(!digests[..n].contains(digest), "{digests:?}");
        }
    }
}
