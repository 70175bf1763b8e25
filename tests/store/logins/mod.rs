//! Logins: opened, limited, listed, used and tidied.

mod activity;
mod logins_list;
mod many_sessions;
mod session_limit;
mod sessions;
mod site_logins;
mod tidying;
mod unwritten_requests;
