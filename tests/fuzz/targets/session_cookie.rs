//! The cookie of a login.

#![no_main]

curfew_fuzz::target!(SessionCookie);
