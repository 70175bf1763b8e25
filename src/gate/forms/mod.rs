//! Posted forms: from a page of this site, with its token.

pub(in crate::gate) mod came_from;
pub(super) mod csrf;
pub(super) mod refused_form;
pub(super) mod submission;
