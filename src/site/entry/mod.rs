//! Setup, registration, login, logout and the recent-password check.

pub(super) mod confirm;
pub(super) mod links;
pub(super) mod login;
pub(super) mod logout;
pub(super) mod register;
pub(super) mod setup;
pub(super) mod setup_code;
