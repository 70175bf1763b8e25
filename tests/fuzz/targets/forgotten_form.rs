//! The form for a forgotten password.

#![no_main]

curfew_fuzz::target!(ForgottenForm);
