//! The address that a trusted proxy forwards.

#![no_main]

curfew_fuzz::target!(ForwardedFor);
