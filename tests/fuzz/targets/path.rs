//! An address.

#![no_main]

curfew_fuzz::target!(Path);
