//! A guard against repeated query fields.

use std::collections::BTreeSet;

use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};

/// Proves that no query field is repeated. Rocket would treat a repeated field as missing, so a query could match more
/// than intended, such as all users.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoRepeatedField;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for NoRepeatedField {
    type Error = &'static str;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let mut names = BTreeSet::new();
        if request.query_fields().all(|field| names.insert(field.name.key().map(|key| key.as_str().to_owned()))) {
            Outcome::Success(Self)
        } else {
            Outcome::Error((Status::BadRequest, "a query field is repeated"))
        }
    }
}
