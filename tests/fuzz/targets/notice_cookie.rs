//! The cookie with a notice for the next page.

#![no_main]

curfew_fuzz::target!(NoticeCookie);
