//! Letters: which acts queue one, and what their links do.

mod limits;
mod links;
mod queued;
mod sending;
mod steps;
mod taken_back;
