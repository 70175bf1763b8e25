//! The pages of one's own account, open pages, and sessions.

mod sessions;
mod streams;
mod token_pages;
mod tokens;
