//! Logging in: who may, how often, and where it leads.

mod busy;
mod logging_in;
mod next;
mod passwords;
mod presence;
mod registration;
mod session_limit;
mod shared_throttling;
mod throttling;
mod under_attack;
