//! Accepts posted forms, if they come from a page of this site and carry its CSRF token.

pub(in crate::gate) mod came_from;
pub(super) mod csrf;
pub(super) mod log_limit;
pub(super) mod refused_form;
pub(super) mod submission;
pub(super) mod upload;
