//! The cookie by which a browser is known to the accounts that it used.

#![no_main]

curfew_fuzz::target!(KnownCookie);
