//! A posted form: from a page of this site, with its token, no larger than it may be.

use std::time::Duration;

use rocket::{
    Data, Request,
    data::{FromData, Outcome, ToByteUnit as _},
    form::{DataField, Form, FromForm, Options, ValueField},
    http::{ContentType, RawStr, Status},
    tokio::time::timeout,
};

use super::{
    csrf::{FIELD, is_posted_from_here, is_token_of},
    refused_form::RefusedFormKind,
};
use crate::gate::{Login, guards::Refused, login_of};

/// The greatest size of a body, in bytes.
pub const BODY_BYTES: u64 = 32 * 1024;

/// How long a body may be on its way: 32 KiB come over the slowest of phones in that time, and who
/// sends byte by byte holds nothing open for long.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// A form that may be acted on. Every route that changes something takes one.
#[derive(Debug)]
pub struct Submission<T>(pub T);

/// A form that is only a button: nothing but its token.
#[derive(Debug, Clone, Copy)]
pub struct Button;

#[rocket::async_trait]
impl<'r> FromForm<'r> for Button {
    type Context = ();

    fn init(_: Options) {}

    fn push_value((): &mut (), _: ValueField<'r>) {}

    async fn push_data((): &mut (), _: DataField<'r, '_>) {}

    fn finalize((): ()) -> rocket::form::Result<'r, Self> {
        Ok(Self)
    }
}

/// A form's fields, decoded.
struct Fields(Vec<(String, String)>);

#[rocket::async_trait]
impl<'r, T: FromForm<'r>> FromData<'r> for Submission<T> {
    type Error = Refused;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match accept(request, data).await {
            Ok(fields) => {
                let fields: &'r Fields = request.local_cache(|| fields);
                let values = fields.0.iter().map(|(name, value)| ValueField::from((name.as_str(), value.as_str())));
                match Form::<T>::parse_iter(values) {
                    Ok(form) => Outcome::Success(Self(form)),
                    Err(_) => Outcome::Error((Status::BadRequest, Refused)),
                }
            }
            Err(status) => Outcome::Error((status, Refused)),
        }
    }
}

/// The checks in their order: a session that has ended is told so before its token is looked at.
async fn accept(request: &Request<'_>, data: Data<'_>) -> Result<Fields, Status> {
    let login = login_of(request).await;
    match login {
        Login::Ended(_) => return Err(Status::Unauthorized),
        Login::Unknown => return Err(Status::ServiceUnavailable),
        Login::Nobody | Login::Live(_) => {}
    }
    if !is_posted_from_here(request) {
        RefusedFormKind::from_elsewhere(request);
        return Err(Status::Forbidden);
    }
    if request.content_type().is_some_and(|kind| *kind != ContentType::Form) {
        return Err(Status::UnsupportedMediaType);
    }
    let reading = timeout(BODY_TIMEOUT, data.open(BODY_BYTES.bytes()).into_bytes());
    let body = reading.await.map_err(|_| Status::RequestTimeout)?.map_err(|_| Status::BadRequest)?;
    if !body.is_complete() {
        return Err(Status::PayloadTooLarge);
    }
    let fields = Fields::parse(&body)?;
    let token = fields.0.iter().find(|(name, _)| name == FIELD).map_or("", |(_, token)| token);
    if is_token_of(request, login, token) {
        return Ok(fields);
    }
    RefusedFormKind::without_token(request, login, fields.0);
    Err(Status::Forbidden)
}

impl Fields {
    /// Rocket would put a replacement for what is no UTF-8; here it is refused, so that what is
    /// stored is what was typed.
    fn parse(body: &[u8]) -> Result<Self, Status> {
        let text = std::str::from_utf8(body).map_err(|_| Status::BadRequest)?;
        let decode = |text: &str| {
            RawStr::new(text).url_decode().map(std::borrow::Cow::into_owned).map_err(|_| Status::BadRequest)
        };
        text.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(name)?, decode(value)?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}
