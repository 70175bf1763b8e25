//! The rules: what a good login is, and what the values are that people type.
//!
//! Nothing in here knows Rocket, SQL or the clock, and nothing reads or writes: a moment is always
//! an argument. Every door of the site asks [`standing::check`]; there must be no second rule.

pub mod bulk;
pub mod lists;
pub mod logins;
pub mod moment;
pub mod next_path;
pub mod people;
pub mod period;
pub mod rate;
pub mod reason;
pub mod reason_text;
pub mod standing;
