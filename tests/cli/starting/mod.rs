//! Starting and stopping.

mod deploying;
mod new_databases;
mod properties;
mod serving;
mod setup;
mod starts;
