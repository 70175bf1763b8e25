//! What users type about themselves: names, emails and passwords.

pub mod email;
pub mod login_key;
pub mod login_name;
pub mod password;
pub mod reserved_names;
pub mod role;
pub mod skeletons;
pub mod text;
pub mod username;
