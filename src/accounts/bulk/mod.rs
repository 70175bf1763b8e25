//! One act on many accounts: previewed, begun once, and done a thousand accounts a transaction.
//!
//! Each account is acted on as the act on one does it, by the same date, with an event of its own and
//! the same receipt. What was promised is counted by the same conditions as what is done.

mod batch;
mod begin;
mod preview;
mod run;

pub use begin::{BeginBulk, Begun};
pub use preview::PreviewedBulk;
pub use run::BulkRun;

use super::{Accounts, note_activity::greatest_lag};
use crate::{
    domain::{moment::Moment, role::Role, standing::SiteStanding},
    settings::moment_before,
    store::{sessions::LiveAfter, site_sessions::LiveByRole},
};

impl Accounts {
    /// What sessions must lie after if they may be live; see [`Accounts::live_sessions_after`].
    fn may_be_live_by_role(&self, site: SiteStanding, now: Moment) -> LiveByRole {
        let LiveByRole { member, staff, now } = self.live_by_role(site, now);
        let lagging = |live: LiveAfter, role| LiveAfter {
            seen: moment_before(live.seen, greatest_lag(self.settings.limits(role))),
            ..live
        };
        LiveByRole { member: lagging(member, Role::Member), staff: lagging(staff, Role::Staff), now }
    }
}
