//! The rules: which logins are good, and which values users may type.
//!
//! No Rocket, no SQL, no clock and no I/O: the current time is always an argument. Every way into the site asks
//! [`standing::check`]. There must be no second rule.

pub mod address_key;
pub mod bulk;
pub mod chosen_logins;
pub mod event_kind;
pub mod letters;
pub mod lists;
pub mod logins;
pub mod moment;
pub mod next_path;
pub mod path_prefix;
pub mod people;
pub mod period;
pub mod rate;
pub mod reason;
pub mod reason_template;
pub mod reason_text;
pub mod standing;
