//! The data guard of posted forms. It refuses a form from another site, without a valid token, or over the size limit.

use std::{collections::HashSet, time::Duration};

use rocket::{
    Data, Ignite, Request, Rocket, Sentinel,
    data::{FromData, Outcome, ToByteUnit as _},
    form::{DataField, Form, FromForm, Options, ValueField},
    http::{ContentType, RawStr, Status},
    tokio::time::timeout,
};

use super::{
    csrf::{FIELD, is_posted_from_here, is_valid_token},
    refused_form::RefusedForm,
};
use crate::{
    accounts::FormFault,
    gate::{
        Login, Refused, attached::is_without_curfew, cookies::visitor::held_binding,
        guards::forged::record_refused_form, login_of,
    },
};

/// The maximum size of a request body, in bytes.
pub const BODY_BYTES: u64 = 32 * 1024;

/// The deadline for a body to arrive. The slowest phones send 32 KiB in that time, and a client that sends byte by byte
/// does not hold a connection open for long.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// The name of the boxes that people mark in a list, one field for each.
const CHOICES: &str = "id";
/// The most fields of a form, not counting those that may be repeated.
const MOST_FIELDS: usize = 100;

/// A form that passed all checks. Every page route that changes something must take one.
///
/// A repeated field is refused, because two readers of such a form may take different values. Only `id`, the boxes that
/// people mark in a list, and fields whose names end with `[]` may be repeated.
#[derive(Debug)]
pub struct Submission<T>(pub T);

/// A form that is only a button, without fields other than the token.
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

/// The decoded names and values of a form.
pub(super) struct Fields(pub(super) Vec<(String, String)>);

impl<T> Sentinel for Submission<T> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_without_curfew(rocket)
    }
}

#[rocket::async_trait]
impl<'r, T: FromForm<'r>> FromData<'r> for Submission<T> {
    type Error = Refused;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match accept(request, data).await {
            Ok(fields) => match fields.parsed(request) {
                Some(form) => Outcome::Success(Self(form)),
                None => Outcome::Error((Status::BadRequest, Refused)),
            },
            Err(status) => Outcome::Error((status, Refused)),
        }
    }
}

/// Runs the checks. The order matters: an ended session gets 401, and so its reason, before its token is checked.
async fn accept(request: &Request<'_>, data: Data<'_>) -> Result<Fields, Status> {
    let login = check_sender(request).await?;
    if request.content_type().is_some_and(|kind| *kind != ContentType::Form) {
        return Err(Status::UnsupportedMediaType);
    }
    let reading = timeout(BODY_TIMEOUT, data.open(BODY_BYTES.bytes()).into_bytes());
    let body = reading.await.map_err(|_| Status::RequestTimeout)?.map_err(|_| Status::BadRequest)?;
    if !body.is_complete() {
        return Err(Status::PayloadTooLarge);
    }
    check_token(request, login, Fields::parse(&body)?).await
}

/// Refuses a form of an ended session, or from another site, before its body is read.
pub(super) async fn check_sender<'r>(request: &'r Request<'_>) -> Result<&'r Login, Status> {
    let login = login_of(request).await;
    match login {
        Login::Ended(_) => return Err(Status::Unauthorized),
        Login::Unavailable => return Err(Status::ServiceUnavailable),
        Login::Nobody | Login::Live(_) => {}
    }
    if !is_posted_from_here(request) {
        RefusedForm::from_elsewhere(request);
        record_refused_form(request, login, FormFault::Elsewhere).await;
        return Err(Status::Forbidden);
    }
    Ok(login)
}

/// Refuses a form with a repeated field, or without a valid CSRF token.
pub(super) async fn check_token(request: &Request<'_>, login: &Login, fields: Fields) -> Result<Fields, Status> {
    if fields.has_repeated() {
        return Err(Status::BadRequest);
    }
    let token = fields.0.iter().find(|(name, _)| name == FIELD).map_or("", |(_, token)| token);
    if is_valid_token(request, login, token) {
        return Ok(fields);
    }
    RefusedForm::without_token(request, login, fields.0);
    let has_cookie = matches!(login, Login::Live(_)) || held_binding(request).is_some();
    record_refused_form(request, login, if has_cookie { FormFault::WrongToken } else { FormFault::NoCookie }).await;
    Err(Status::Forbidden)
}

impl Fields {
    /// The form that has these fields, if they are valid.
    pub(super) fn parsed<'r, T: FromForm<'r>>(self, request: &'r Request<'_>) -> Option<T> {
        let fields: &'r Self = request.local_cache(|| self);
        let values = fields.0.iter().map(|(name, value)| ValueField::from((name.as_str(), value.as_str())));
        Form::<T>::parse_iter(values).ok()
    }

    fn has_repeated(&self) -> bool {
        let mut names = HashSet::new();
        let mut single = self.0.iter().filter(|(name, _)| !may_repeat(name));
        !single.all(|(name, _)| names.insert(name))
    }

    /// Refuses too many fields, and invalid UTF-8, which Rocket would replace. So the stored value is always what the user
    /// typed.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Status> {
        let text = std::str::from_utf8(body).map_err(|_| Status::BadRequest)?;
        let decode = |text: &str| {
            RawStr::new(text).url_decode().map(std::borrow::Cow::into_owned).map_err(|_| Status::BadRequest)
        };
        let (mut fields, mut single) = (Vec::new(), 0);
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name)?;
            single += usize::from(!may_repeat(&name));
            if single > MOST_FIELDS {
                return Err(Status::BadRequest);
            }
            fields.push((name, decode(value)?));
        }
        Ok(Self(fields))
    }
}

/// Whether a form may have more than one field of this name.
fn may_repeat(name: &str) -> bool {
    name == CHOICES || name.ends_with("[]")
}
