//! What pages and commands read, each with one connection and one time.

mod events;
mod find;
mod letters;
mod overview;
mod site;
mod users;

pub use events::EventInFull;
pub use find::{Found, FoundLogin, FoundUser};
pub use letters::LateLetters;
pub use overview::{Hours, Overview};
pub use users::UsersWithLogins;
