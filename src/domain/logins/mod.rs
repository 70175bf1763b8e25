//! Logins: their kinds, what proves one, and which are live.

pub mod counts;
pub mod kind;
pub mod live;
pub mod rotations;
pub mod session_secret;
pub mod token;
pub mod user_agent;
