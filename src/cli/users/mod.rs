//! The commands about users, their sessions and their tokens.

mod password;
mod session;
mod token;
mod user;

pub(super) use session::SessionCommand;
pub(super) use token::TokenCommand;
pub(super) use user::UserCommand;
