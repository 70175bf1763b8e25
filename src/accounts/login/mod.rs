//! Logging in and out: passwords, registration, the first superuser, and throttling.

pub(super) mod by_password;
pub(super) mod hashing;
pub(super) mod log_in;
pub(super) mod log_out;
pub(super) mod open_login;
pub(super) mod open_token;
mod peppers;
pub(super) mod prove_password;
pub(super) mod prove_presence;
pub(super) mod queue;
pub(super) mod register;
pub(super) mod set_up;
pub(in crate::accounts) mod stored_hash;
pub(super) mod throttle;
