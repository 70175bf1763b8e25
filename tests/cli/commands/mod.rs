//! The commands.

mod demo;
mod eject;
mod events;
mod force_logout;
mod mail;
mod manual;
mod passwords;
mod sessions;
mod terminal;
mod tokens;
mod usage;
mod users;
