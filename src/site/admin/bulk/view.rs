//! The counts on the pages of a bulk action.

use serde::Serialize;

use crate::domain::bulk::BulkCounts;

/// The counts of a bulk action, for its pages.
#[derive(Debug, Default, Serialize)]
pub(super) struct CountsView {
    pub users: u64,
    pub sessions: u64,
    pub tokens: u64,
    pub includes_me: bool,
    pub skipped: u64,
    pub out_of_reach: u64,
    pub own_account: u64,
    pub already: u64,
    pub missing: u64,
}

impl From<BulkCounts> for CountsView {
    fn from(counts: BulkCounts) -> Self {
        Self {
            users: counts.users,
            sessions: counts.sessions,
            tokens: counts.tokens,
            includes_me: counts.includes_actor,
            skipped: counts.skipped(),
            out_of_reach: counts.out_of_reach,
            own_account: counts.own_account,
            already: counts.already,
            missing: counts.missing,
        }
    }
}
