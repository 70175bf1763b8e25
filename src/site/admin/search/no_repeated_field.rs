//! A guard against repeated query fields.

use std::collections::BTreeSet;

use rocket::{
    Request,
    form::name::Key,
    http::Status,
    request::{FromRequest, Outcome},
};

/// Proves that no query field is repeated. Rocket would treat a repeated field as missing, so a query could match more
/// than intended, such as all users.
#[derive(Debug)]
pub(in crate::site::admin) struct NoRepeatedField {
    names: Vec<String>,
}

impl NoRepeatedField {
    /// Whether every field of the query is one of these. A mistyped filter would match more than intended.
    pub(in crate::site::admin) fn are_all_in(&self, known: &[&str]) -> bool {
        self.names.iter().all(|name| known.contains(&name.as_str()))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for NoRepeatedField {
    type Error = &'static str;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let names = request.query_fields().map(|field| field.name.source().to_string()).collect();
        let mut keys = BTreeSet::new();
        if request.query_fields().all(|field| keys.insert(field.name.key().map(Key::as_str))) {
            Outcome::Success(Self { names })
        } else {
            Outcome::Error((Status::BadRequest, "a query field is repeated"))
        }
    }
}
