//! The lists of the staff pages: search, filters and pages, fast with a million rows.

pub mod events;
pub mod overview;
pub(super) mod search;
pub mod sessions;
pub mod users;
