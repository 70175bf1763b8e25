//! The fields of a search that a form repeats.

use serde::Serialize;

use crate::domain::lists::users_filter::UsersFields;

/// A field that is not empty.
#[derive(Debug, Serialize)]
pub(in crate::site::admin) struct FieldView<'q> {
    name: &'static str,
    value: &'q str,
}

/// The fields of a filter for users, without the empty ones.
pub(in crate::site::admin) fn fields<'q>(fields: &UsersFields<'q>) -> Vec<FieldView<'q>> {
    fields.given().into_iter().map(|(name, value)| FieldView { name, value }).collect()
}
