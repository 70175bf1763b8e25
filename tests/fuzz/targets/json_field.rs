//! The fields of a body of the API.

#![no_main]

curfew_fuzz::target!(JsonField);
