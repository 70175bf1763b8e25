//! A username or an email, and a password.

#![no_main]

curfew_fuzz::target!(LoginForm);
