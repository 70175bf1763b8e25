//! The encoding of a form.

#![no_main]

curfew_fuzz::target!(RawForm);
