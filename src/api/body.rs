//! Request bodies: JSON objects of limited size. An unknown field is an error.

use std::{collections::BTreeMap, fmt::Display};

use rocket::{
    Data, Request,
    data::{FromData, Outcome, ToByteUnit as _},
    tokio::time::timeout,
};
use serde::de::DeserializeOwned;

use super::{
    catchers::FoundProblem,
    problem::{Code, Problem},
};
use crate::gate::{BODY_BYTES, BODY_TIMEOUT, Refused};

/// A required body.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

/// An optional body.
#[derive(Debug)]
pub(super) struct OptionalBody<T>(pub(super) T);

#[rocket::async_trait]
impl<'r, T: DeserializeOwned + Send> FromData<'r> for Body<T> {
    type Error = Refused;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match read(request, data).await.and_then(|bytes| parse(&bytes)) {
            Ok(body) => Outcome::Success(Self(body)),
            Err(problem) => refuse(request, problem),
        }
    }
}

#[rocket::async_trait]
impl<'r, T: DeserializeOwned + Default + Send> FromData<'r> for OptionalBody<T> {
    type Error = Refused;

    async fn from_data(request: &'r Request<'_>, mut data: Data<'r>) -> Outcome<'r, Self> {
        let begins = timeout(BODY_TIMEOUT, data.peek(1)).await.map(|bytes| !bytes.is_empty());
        match begins {
            Ok(false) if data.peek_complete() => return Outcome::Success(Self(T::default())),
            Ok(_) => {}
            Err(_) => return refuse(request, late()),
        }
        match read(request, data).await.and_then(|bytes| parse(&bytes)) {
            Ok(body) => Outcome::Success(Self(body)),
            Err(problem) => refuse(request, problem),
        }
    }
}

async fn read(request: &Request<'_>, data: Data<'_>) -> Result<Vec<u8>, Problem> {
    if request.content_type().is_none_or(|kind| !kind.is_json()) {
        return Err(Problem::new(Code::UnsupportedMediaType, "Send the body with `Content-Type: application/json`."));
    }
    let incomplete = |_| Problem::new(Code::BadRequest, "The body could not be read completely.");
    let reading = timeout(BODY_TIMEOUT, data.open(BODY_BYTES.bytes()).into_bytes());
    let body = reading.await.map_err(|_| late())?.map_err(incomplete)?;
    if !body.is_complete() {
        return Err(Problem::new(Code::TooLarge, "A body can have at most 32 KiB."));
    }
    Ok(body.into_inner())
}

fn late() -> Problem {
    Problem::new(Code::BadRequest, "The body did not arrive in time.")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let not_an_object = || Problem::new(Code::BadRequest, "The body must be a JSON object.");
    // A derived `Deserialize` also accepts an array of the fields' values.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(not_an_object());
    }
    serde_json::from_slice(bytes).map_err(|error| Problem::new(Code::BadRequest, format!("Invalid body: {error}.")))
}

fn refuse<'r, T>(request: &'r Request<'_>, problem: Problem) -> Outcome<'r, T>
where
    T: FromData<'r, Error = Refused>,
{
    let status = problem.status();
    FoundProblem::of(request).set(problem);
    Outcome::Error((status, Refused))
}

/// Parses the fields of a body and collects the errors.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    /// Returns the parsed value, or records the field's error and returns `None`.
    pub(super) fn read<T, E: Display>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.0.insert(field, error.to_string())).ok()
    }

    /// The problem with all errors found.
    pub(super) fn problem(self) -> Problem {
        Problem::fields(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[allow(dead_code, reason = "only read")]
        name: String,
    }

    #[test]
    fn only_an_object_with_known_fields_is_accepted() {
        assert!(parse::<Sample>(br#" {"name": "ana"} "#).is_ok());
        for body in
            [r#"["ana"]"#, r#""ana""#, "", "null", r#"{"name": 1}"#, r#"{"name": "ana", "x": 1}"#, r#"{"name": "a"}}"#]
        {
            assert!(parse::<Sample>(body.as_bytes()).is_err(), "{body}");
        }
    }
}
