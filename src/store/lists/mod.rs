//! The lists of the staff pages, with search, filters and paging. They stay fast with a million rows.

pub mod events;
pub mod live_logins;
pub mod logins;
pub mod named;
pub mod overview;
mod period;
pub(super) mod search;
mod searchable;
pub mod users;
