//! What the site does by itself: tidying, counting, indexing, and keeping track of its nodes.

pub(super) mod apply_due;
pub(super) mod chain;
pub(super) mod count_hours;
pub(super) mod derive_traits;
pub(super) mod erase_events;
pub(super) mod export_events;
pub(super) mod index_events;
pub(super) mod node;
pub(super) mod purge_events;
pub(super) mod read_receipt;
pub(super) mod tidy_logins;
