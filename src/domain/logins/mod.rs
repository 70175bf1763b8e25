//! Logins: their kinds, their secrets, and which are live.

pub mod counts;
pub mod kind;
pub mod live;
pub mod rotations;
pub mod session_secret;
pub mod token;
pub mod traits;
pub mod user_agent;
