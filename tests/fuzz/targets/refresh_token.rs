//! The refresh token of a JWT.

#![no_main]

curfew_fuzz::target!(RefreshToken);
