//! Staff's lists: any search, filter and page, also with a million rows.

pub mod events;
pub mod overview;
pub(super) mod search;
pub mod sessions;
pub mod users;
