//! The links in letters: credentials that the one rule judges, each for one thing and one use.

pub(super) mod find;
pub(super) mod issue;
mod not_me;
mod request;
mod reset_password;
mod send_reset_link;
mod verify_email;

pub use find::LinkTarget;
pub use not_me::TakenBack;
pub use verify_email::Verified;
