//! Why a guard lets nobody in.

use rocket::http::Status;

/// The error of every guard. The catchers turn its status into a page.
#[derive(Debug, Clone, Copy)]
pub struct Refused;

/// The error when the database does not respond.
pub(super) const UNAVAILABLE: (Status, Refused) = (Status::ServiceUnavailable, Refused);
