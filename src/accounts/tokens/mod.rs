//! The logins of programs: opaque tokens and JWT families. The one rule judges tokens as it judges sessions, and a
//! force logout ends both.

mod create;
mod open;
mod refresh;

pub use open::{Family, StartedToken};
pub use refresh::RefreshClaim;

pub(super) use open::{open_family, open_token};
