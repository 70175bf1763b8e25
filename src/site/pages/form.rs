//! A form as it is shown: what was typed and what was wrong with it.

use std::{collections::BTreeMap, fmt::Display};

use serde::Serialize;

/// What was typed into a form, without its passwords, and each error beside its field.
#[derive(Debug, Default, Serialize)]
pub struct FormView {
    values: BTreeMap<&'static str, String>,
    errors: BTreeMap<&'static str, String>,
}

impl FormView {
    /// Reads a field into its type; what was typed is kept for the page.
    pub fn read<T, E: Display>(
        &mut self,
        field: &'static str,
        typed: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.set_value(field, typed);
        self.note(field, parse(typed))
    }

    /// Reads a password, which is never shown again.
    pub fn read_secret<T, E: Display>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        self.note(field, parsed)
    }

    /// What was typed into a field.
    pub fn value(&self, field: &str) -> &str {
        self.values.get(field).map_or("", String::as_str)
    }

    /// Puts a value into a field.
    pub fn set_value(&mut self, field: &'static str, value: &str) {
        // A page cannot show a NUL, and nobody typed it.
        self.values.insert(field, value.replace('\0', ""));
    }

    /// Puts an error beside a field, or on the whole form when the field is `form`.
    pub fn set_error(&mut self, field: &'static str, error: impl Display) {
        self.errors.insert(field, error.to_string());
    }

    /// Shows the error of a field on the whole form, where the page has no such field.
    pub fn move_error_to_form(&mut self, field: &'static str) {
        if let Some(error) = self.errors.remove(field) {
            self.set_error("form", error);
        }
    }

    fn note<T, E: Display>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.set_error(field, error)).ok()
    }
}
