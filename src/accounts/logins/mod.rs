//! The logins of an account and of the site: judged, listed, counted, limited, and seen active.

pub(super) mod activity;
pub(super) mod judge_login;
pub(super) mod list_logins;
pub(super) mod list_site_logins;
pub(super) mod live_logins;
pub(super) mod login_limit;
pub(super) mod recent;
pub(super) mod record_activity;
