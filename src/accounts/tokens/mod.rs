//! The logins of programs: opaque tokens, and families of JWT. They live under the one rule as sessions
//! do, and what ends those ends them.

mod create;
mod open;
mod refresh;

pub use open::{Family, StartedToken};
pub use refresh::RefreshClaim;

pub(super) use open::{open_family, open_token};
