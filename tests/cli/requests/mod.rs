//! Requests that no browser sends.

mod crowds;
mod late_bodies;
mod log;
mod odd_requests;
