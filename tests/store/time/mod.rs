//! Clocks that are wrong, and what a database stores of a time.

mod clock_ahead;
mod moments;
mod stepped_clock;
