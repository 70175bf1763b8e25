//! What ends a login, and in which order.

mod deactivation;
mod everyone_else;
mod lock_order;
mod overtaken;
mod pairs;
mod previews;
mod same_instant;
mod scheduled;
