//! Sentences and labels for people, by topic: the one place for the words of what the layers below report.
//!
//! The layers below hold codes: enums that say what happened. Here each code gets its words, as an implementation of
//! `Display` or as a method such as [`EndReason::label`]. Rust allows an implementation in any module of the crate,
//! so the layers above write `error.to_string()` and need not name this one.
//!
//! Two files below write words too. `accounts/event/mod.rs` stores the detail of an event as the text that it has here,
//! because an event must read the same years later. `accounts/bulk/run.rs` stores why a bulk action stopped. Words of only one layer are in that layer: the labels of events in
//! `site`, the problems of the API in `api`, and what a setting accepts in `settings`.
//!
//! [`EndReason::label`]: crate::domain::reason::EndReason::label

/// Implements `Display` and `Error` for an error: one sentence for each of its codes.
macro_rules! in_words {
    ($error:ty { $($code:pat => $sentence:literal),+ $(,)? }) => {
        impl std::fmt::Display for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $($code => write!(f, $sentence),)+
                }
            }
        }

        impl std::error::Error for $error {}
    };
}

mod counts;
mod databases;
mod event_chain;
mod events;
pub(crate) mod letters;
mod mail;
mod names;
mod passwords;
mod reasons;
mod refusals;
mod times;
mod tokens;
