//! A body of the API.

#![no_main]

curfew_fuzz::target!(JsonBody);
