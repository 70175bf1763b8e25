//! A form on a page: what the user typed, and what is wrong with it.

use std::{collections::BTreeMap, fmt::Display};

use serde::Serialize;

/// The typed values and the errors, by field name. It holds no passwords.
#[derive(Debug, Default, Serialize)]
pub struct FormView {
    values: BTreeMap<&'static str, String>,
    errors: BTreeMap<&'static str, String>,
    /// The field that takes the focus.
    first_error: &'static str,
}

impl FormView {
    /// Parses a field and keeps the typed value for the page.
    pub fn read<T, E: Display>(
        &mut self,
        field: &'static str,
        typed: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.set_value(field, typed);
        self.keep_error(field, parse(typed))
    }

    /// Takes a parsed password and keeps only its error, so that no page shows the password again.
    pub fn read_secret<T, E: Display>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        self.keep_error(field, parsed)
    }

    /// Returns the typed value of a field, or an empty string.
    pub fn value(&self, field: &str) -> &str {
        self.values.get(field).map_or("", String::as_str)
    }

    /// Sets the value of a field.
    pub fn set_value(&mut self, field: &'static str, value: &str) {
        // A page cannot show a NUL character, and no user types one.
        self.values.insert(field, value.replace('\0', ""));
    }

    /// Sets the error of a field, or of the whole form if the field is `form`.
    pub fn set_error(&mut self, field: &'static str, error: impl Display) {
        if self.errors.is_empty() {
            self.first_error = field;
        }
        self.errors.insert(field, error.to_string());
    }

    /// Moves the error of a field to the whole form, for a page without that field.
    pub fn move_error_to_form(&mut self, field: &'static str) {
        if let Some(error) = self.errors.remove(field) {
            self.set_error("form", error);
            self.first_error = "form";
        }
    }

    /// Keeps the error, if there is one, and returns the parsed value.
    fn keep_error<T, E: Display>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.set_error(field, error)).ok()
    }
}
