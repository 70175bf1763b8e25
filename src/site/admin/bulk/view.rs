//! The counts and the users on the pages of a bulk action.

use serde::Serialize;

use crate::{domain::bulk::BulkCounts, store::lists::named::KnownUser};

/// The counts of a bulk action, for its pages.
#[derive(Debug, Default, Serialize)]
pub(in crate::site::admin) struct CountsView {
    pub users: u64,
    pub sessions: u64,
    pub tokens: u64,
    pub staff: u64,
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
            staff: counts.staff,
            includes_me: counts.includes_actor,
            skipped: counts.skipped(),
            out_of_reach: counts.out_of_reach,
            own_account: counts.own_account,
            already: counts.already,
            missing: counts.missing,
        }
    }
}

/// A user of a bulk action.
#[derive(Debug, Serialize)]
pub(in crate::site::admin) struct UserView {
    id: i64,
    username: String,
    role: &'static str,
}

impl From<KnownUser> for UserView {
    fn from(user: KnownUser) -> Self {
        Self { id: user.id, role: user.role().code(), username: user.username }
    }
}
