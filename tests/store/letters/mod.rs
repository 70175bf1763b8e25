//! Letters: which acts queue one, and what their links do.

mod links;
mod queued;
mod sending;
mod taken_back;
