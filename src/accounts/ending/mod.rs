//! Ending access: the force logout of one account or of everyone, single logins, and deactivation.

pub(super) mod activate;
pub(super) mod count_everyones_logins;
pub(super) mod date_at;
pub(super) mod deactivate;
pub(super) mod due;
pub(super) mod end_login;
pub(super) mod end_logins;
pub(super) mod end_other_logins;
pub(super) mod force_everyone_else_out;
pub(super) mod force_everyone_out;
pub(super) mod force_logout;
pub(super) mod preview_force_logout;
