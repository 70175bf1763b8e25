//! Logins: their kinds, their ids and secrets, and which are live.

pub mod counts;
pub mod kind;
pub mod live;
pub mod public_id;
pub mod rotations;
pub mod session_secret;
pub mod token;
pub mod traits;
pub mod user_agent;
