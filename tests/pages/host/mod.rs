//! Programs with pages of their own that have attached Curfew.

mod addresses;
mod errors;
mod hooks;
mod looks;
mod own_parts;
mod tested;
