//! Bulk actions: previewed, begun once, and carried out a thousand accounts per transaction.
//!
//! Each account gets the same date, event and receipt as from the use case for one account. The preview counts with the
//! conditions of the action.
//!
//! An action on chosen logins ends these and no others. It is begun, recorded and followed like one on users.

mod batch;
mod begin;
mod begin_on_logins;
mod choose_logins;
mod end_logins;
mod keep_own;
mod look_up;
mod people_of_logins;
mod preview;
mod run;

use crate::domain::{
    bulk::{BulkChoice, BulkCounts},
    logins::public_id::PublicId,
    moment::Moment,
    reason_text::Reasons,
};

pub use begin::Begun;
pub use choose_logins::{LOGINS_LISTED, PreviewedLogins};
pub use look_up::{FoundName, LookedUp};
pub use preview::{PreviewedBulk, USERS_LISTED};
pub use run::BulkRun;

/// A bulk action that staff have confirmed: on users, or on the logins of a `LoginsChoice`.
#[derive(Debug, Clone)]
pub struct BeginBulk<C = BulkChoice> {
    /// Its id, created with the confirmation page, so that a second click is the same action.
    pub id: PublicId,
    /// What to do, and to which accounts or logins.
    pub choice: C,
    /// The reasons.
    pub reasons: Reasons,
    /// What the confirmation page said.
    pub promised: BulkCounts,
}

impl BeginBulk {
    /// Whether the actor's own account is left out: a scheduled force logout cannot spare one login of an account.
    fn leaves_out_actor(&self, now: Moment) -> bool {
        let terms = self.choice.terms;
        self.promised.includes_actor && terms.keeps_own_login && terms.at.is_some_and(|at| at > now)
    }
}
