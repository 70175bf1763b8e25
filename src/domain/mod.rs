//! The rules: what a good login is, and what the values are that people type.
//!
//! Nothing in here knows Rocket, SQL or the clock, and nothing reads or writes: a moment is always
//! an argument. Every door of the site asks [`standing::check`]; there must be no second rule.

pub mod bulk;
pub mod email;
pub mod live;
pub mod login_counts;
pub mod login_key;
pub mod login_kind;
pub mod login_name;
pub mod moment;
pub mod next_path;
pub mod password;
pub mod period;
pub mod rate;
pub mod reason;
pub mod reason_text;
pub mod role;
pub mod rotations;
pub mod session_secret;
pub mod sessions_query;
pub mod standing;
pub mod text;
pub mod token;
pub mod user_agent;
pub mod username;
pub mod users_filter;
pub mod users_query;
