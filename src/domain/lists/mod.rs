//! What staff may ask of a list.

pub mod sessions_query;
pub mod users_filter;
pub mod users_query;
