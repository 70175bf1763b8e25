//! The form that sets up the site.

#![no_main]

curfew_fuzz::target!(SetupForm);
