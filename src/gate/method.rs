//! The method of a request is the one on its request line.
//!
//! Rocket lets a form choose another with `_method` as its first field, which no form here does. A `POST` that
//! became a `HEAD` got an answer whose length was not its body's, and the connection was closed without one: a
//! proxy counts that as a node that failed. So this takes the choice back before anything is routed.

use rocket::{
    Data, Request,
    fairing::{Fairing, Info, Kind},
    form::Form,
    http::Method,
};

/// As much of a form as Rocket looks at.
const LONGEST_CHOICE: usize = "_method=delete".len();

/// Takes back the method that a form has chosen.
pub(super) struct MethodOfTheRequestLine;

#[rocket::async_trait]
impl Fairing for MethodOfTheRequestLine {
    fn info(&self) -> Info {
        Info { name: "The method of the request line", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        let is_form = request.content_type().is_some_and(|kind| kind.is_form());
        if is_form && chosen(data.peek(LONGEST_CHOICE).await) == Some(request.method()) {
            request.set_method(Method::Post); // Rocket lets no other request choose
        }
    }
}

/// The method that a form begins with, read as Rocket reads it.
fn chosen(form: &[u8]) -> Option<Method> {
    let first = Form::values(std::str::from_utf8(form).ok()?).next()?;
    if first.name == "_method" { first.value.parse().ok() } else { None }
}
