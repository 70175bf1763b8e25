//! Bulk actions.

pub mod actions;
mod bulk_meanwhile;
mod bulk_terms;
mod bulk_undone;
mod end_logins;
