//! Letters and the pages of their links.

mod forgotten;
mod secrets;
mod taken_back;
mod verified;
