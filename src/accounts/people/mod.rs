//! Accounts: created, changed and deleted.

pub(super) mod change_email;
pub(super) mod change_password;
pub(super) mod create_user;
pub(super) mod delete_own_account;
pub(super) mod delete_user;
pub(super) mod set_password;
pub(super) mod set_role;
pub(super) mod superusers;
