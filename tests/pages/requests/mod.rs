//! What holds for every request, form and response.

mod arbitrary_input;
mod cookies;
mod csrf;
mod fields;
mod forgeries;
mod headers;
mod hostile_values;
mod outage;
mod refused_forms;
mod routes;
mod static_files;
mod transport;
