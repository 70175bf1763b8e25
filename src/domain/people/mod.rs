//! What users type about themselves: names, emails and passwords.

pub mod email;
pub mod login_key;
pub mod login_name;
pub mod password;
pub mod role;
pub mod text;
pub mod username;
