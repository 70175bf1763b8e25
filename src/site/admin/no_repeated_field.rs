//! An address that says a word twice.

use std::collections::BTreeSet;

use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};

/// Each word of the address is said once. One that is said twice would be taken for one that was not
/// said, and so ask for more than whoever wrote it meant: all users in place of those who match.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoRepeatedField;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for NoRepeatedField {
    type Error = &'static str;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let mut words = BTreeSet::new();
        if request.query_fields().all(|field| words.insert(field.name.key().map(|key| key.as_str().to_owned()))) {
            Outcome::Success(Self)
        } else {
            Outcome::Error((Status::BadRequest, "a word of the address is there twice"))
        }
    }
}
