//! A username, an email and a new password.

#![no_main]

curfew_fuzz::target!(RegistrationForm);
