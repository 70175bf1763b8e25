//! The logins that staff choose for a bulk action.

use super::{
    bulk::BulkCounts, lists::logins_filter::LoginsFilter, logins::public_id::PublicId, moment::Moment, period::Period,
};

/// The code of the bulk action that ends chosen logins, in its record and its events.
pub const END_LOGINS: &str = "end-logins";

/// At most this many logins are chosen for one action.
pub const MOST_CHOSEN: u32 = 100_000;

/// Which logins to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginsScope {
    /// The logins with these ids, without duplicates.
    Ids(Vec<PublicId>),
    /// All logins that match the filter.
    Matching(LoginsFilter),
}

/// The logins that staff chose to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginsChoice {
    /// The logins.
    pub scope: LoginsScope,
    /// When staff saw the confirmation page. Logins that were made later are left out. `None` until they have seen it.
    pub up_to: Option<Moment>,
    /// Whether the login that the acting user acts with continues.
    pub keeps_own_login: bool,
}

impl LoginsChoice {
    /// A choice that staff have not seen on a confirmation page yet.
    #[must_use]
    pub const fn new(scope: LoginsScope, keeps_own_login: bool) -> Self {
        Self { scope, up_to: None, keeps_own_login }
    }

    /// Whether the action ends no login that its page did not promise. `now` is what it would do now.
    ///
    /// On a busy site, some of many logins have always ended since the page was shown. Fewer than promised is fine
    /// where no other login can have taken their place: a login never gets another address, browser or date.
    #[must_use]
    pub fn keeps(&self, promised: &BulkCounts, now: &BulkCounts) -> bool {
        let all =
            |counts: &BulkCounts| [counts.users, counts.staff, counts.sessions, counts.tokens, counts.out_of_reach];
        let is_no_more = all(now).iter().zip(all(promised)).all(|(now, promised)| *now <= promised);
        let is_same = now.whom == promised.whom;
        (!now.includes_actor || promised.includes_actor) && is_no_more && (is_same || self.scope.only_shrinks())
    }
}

impl LoginsScope {
    /// Whether no login that exists can come to be chosen later.
    fn only_shrinks(&self) -> bool {
        match self {
            Self::Ids(_) => true,
            // A user may get another name, and a login is seen again.
            Self::Matching(filter) => filter.search.is_none() && filter.seen == Period::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lists::logins_filter::LoginsFields;

    fn matching(fields: &LoginsFields<'_>) -> LoginsChoice {
        let filter = LoginsFilter::parse(fields).expect("a filter");
        LoginsChoice::new(LoginsScope::Matching(filter), true)
    }

    #[test]
    fn a_promise_is_kept_by_fewer_logins_but_never_by_more_or_others() {
        let none = LoginsFields::default();
        let of_a_network = matching(&LoginsFields { address: "192.0.2.0/24", kind: "token", ..none });
        let of_a_name = matching(&LoginsFields { q: "ana", ..none });
        let seen_lately = matching(&LoginsFields { seen_from: "2026-03-01", ..none });
        let marked = LoginsChoice::new(LoginsScope::Ids(Vec::new()), true);
        let promised =
            BulkCounts { users: 3, whom: 1, staff: 1, sessions: 4, tokens: 2, out_of_reach: 1, ..Default::default() };
        let fewer = BulkCounts { users: 2, whom: 2, sessions: 3, already: 1, ..promised };
        for choice in [&of_a_network, &of_a_name, &seen_lately, &marked] {
            assert!(choice.keeps(&promised, &promised), "{choice:?}");
            for more in [
                BulkCounts { users: 4, ..promised },
                BulkCounts { staff: 2, ..promised },
                BulkCounts { sessions: 5, ..promised },
                BulkCounts { sessions: 3, tokens: 3, ..promised },
                BulkCounts { out_of_reach: 2, ..promised },
                BulkCounts { includes_actor: true, ..promised },
            ] {
                assert!(!choice.keeps(&promised, &more), "{choice:?} {more:?}");
            }
        }
        for choice in [&of_a_network, &marked] {
            assert!(choice.keeps(&promised, &fewer), "{choice:?}");
        }
        for choice in [&of_a_name, &seen_lately] {
            assert!(!choice.keeps(&promised, &fewer), "others may have taken their place: {choice:?}");
        }
    }
}
