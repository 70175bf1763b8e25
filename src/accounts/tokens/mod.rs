//! The logins of programs: opaque tokens and JWT families. The one rule judges tokens as it judges sessions, and a
//! force logout ends both.

mod create;
mod refresh;

pub use refresh::RefreshClaim;
