//! What ends a login, and what its browser is told.

mod causes;
mod clock;
mod danger;
mod effects;
mod everyone;
mod from_memory;
mod outcomes;
mod reasons;
mod receipts;
mod upkeep;
