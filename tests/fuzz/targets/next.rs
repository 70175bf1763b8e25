//! Where to go after a login.

#![no_main]

curfew_fuzz::target!(Next);
