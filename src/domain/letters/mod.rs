//! Letters: the emails that the site sends, and the links in them.

pub mod details;
pub mod kind;
pub mod link;
pub mod sending;
