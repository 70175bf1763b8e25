//! The logins of programs: opaque tokens and JWT families. The one rule applies to them as to sessions, and whatever
//! ends sessions ends them.

mod create;
mod open;
mod refresh;

pub use open::{Family, StartedToken};
pub use refresh::RefreshClaim;

pub(super) use open::{open_family, open_token};
