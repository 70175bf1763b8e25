//! The credential of a program: an opaque token or a JWT.

#![no_main]

curfew_fuzz::target!(Authorization);
