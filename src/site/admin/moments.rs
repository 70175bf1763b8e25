//! When a force logout is to be, as every form of it has it.

use crate::{
    accounts::ForceLogoutMoment,
    domain::moment::{MomentError, parse_moment},
};

/// Reads a moment; an empty one is now.
pub(super) fn read_moment(typed: &str) -> Result<ForceLogoutMoment, MomentError> {
    if typed.trim().is_empty() { Ok(ForceLogoutMoment::Now) } else { parse_moment(typed).map(ForceLogoutMoment::At) }
}
