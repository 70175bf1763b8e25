//! The queries of the staff lists: filters, order and page.

pub mod events_query;
pub mod finder_query;
pub mod logins_filter;
pub mod logins_query;
pub mod pasted_names;
pub mod per_page;
pub mod text_file;
pub mod users_filter;
pub mod users_query;
