//! The time field of the force logout forms.

use crate::{
    accounts::ForceLogoutMoment,
    domain::moment::{MomentError, parse_moment},
};

/// Parses the time of a force logout. An empty field means now.
pub(super) fn read_moment(typed: &str) -> Result<ForceLogoutMoment, MomentError> {
    if typed.trim().is_empty() { Ok(ForceLogoutMoment::Now) } else { parse_moment(typed).map(ForceLogoutMoment::At) }
}
