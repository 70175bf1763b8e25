//! Reads the fields that forms share: those of a new account, and a new password.

use super::form::FormView;
use crate::{
    accounts::Registration,
    domain::people::{
        email::Email,
        password::{NewPassword, OwnNames, Password},
        username::Username,
    },
    settings::Settings,
};

/// Reads `[username, email, password, password_again]`.
pub(in crate::site) fn read_registration(
    form: &mut FormView,
    settings: &Settings,
    typed: [&str; 4],
) -> Option<Registration> {
    let [username, email, password, repeated] = typed;
    let username = form.read("username", username, Username::parse);
    let email = form.read("email", email, Email::parse);
    // Only valid names, which are short: comparing with 32 KiB of anything would take long.
    let names = OwnNames {
        username: username.as_ref().map_or("", Username::as_str),
        email: email.as_ref().map_or("", Email::as_str),
        site_name: &settings.site_name,
    };
    let password = read_new_password(form, (names, settings.password_min_length), password, repeated);
    Some(Registration { username: username?, email: email?, password: password? })
}

/// Reads a new password and its confirmation, which must match.
pub(in crate::site) fn read_new_password(
    form: &mut FormView,
    (names, min_length): (OwnNames<'_>, usize),
    password: &str,
    repeated: &str,
) -> Option<NewPassword> {
    let new = form.read_secret("password", NewPassword::parse(password.to_owned(), names, min_length));
    let is_same = |new: &NewPassword| {
        Password::parse(repeated.to_owned()).is_ok_and(|repeated| repeated.reveal() == new.as_password().reveal())
    };
    if new.as_ref().is_some_and(|new| !is_same(new)) {
        form.set_error("password_again", "The passwords do not match.");
        return None;
    }
    new
}
