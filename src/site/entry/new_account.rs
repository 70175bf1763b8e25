//! What the forms that make an account, or give it another password, have in common.

use crate::{
    accounts::Registration,
    domain::people::{
        email::Email,
        password::{NewPassword, OwnNames, Password},
        username::Username,
    },
    site::pages::form::FormView,
};

/// Reads what every form that makes an account has in it.
pub(super) fn read_registration(form: &mut FormView, site_name: &str, typed: [&str; 4]) -> Option<Registration> {
    let [username, email, password, again] = typed;
    let names = OwnNames { username, email, site_name };
    let username = form.read("username", username, Username::parse);
    let email = form.read("email", email, Email::parse);
    let password = read_new_password(form, names, password, again);
    Some(Registration { username: username?, email: email?, password: password? })
}

/// Reads a new password and its repetition.
pub(in crate::site) fn read_new_password(
    form: &mut FormView,
    names: OwnNames<'_>,
    password: &str,
    again: &str,
) -> Option<NewPassword> {
    let read = form.read_secret("password", NewPassword::parse(password.to_owned(), names));
    let is_same = |read: &NewPassword| {
        Password::parse(again.to_owned()).is_ok_and(|again| again.reveal() == read.as_password().reveal())
    };
    if read.as_ref().is_some_and(|read| !is_same(read)) {
        form.set_error("password_again", "This is another password than the one above.");
        return None;
    }
    read
}
