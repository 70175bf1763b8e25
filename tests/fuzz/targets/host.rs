//! The header that names the site.

#![no_main]

curfew_fuzz::target!(Host);
