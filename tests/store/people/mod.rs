//! Accounts: names, passwords, lists and superusers.

mod finder;
mod names;
mod passwords;
mod paste;
mod superusers;
mod users_list;
