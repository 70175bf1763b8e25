//! The JSON API, as its clients use it.

mod causes;
mod forged;
mod http;
mod limits;
mod mutated;
mod refresh;
mod routes;
mod same_instant;
mod signing;
mod staff;
mod throttling;
mod tokens;
mod upkeep;
