//! The options of a select field in a search form.

use serde::Serialize;

/// An option of a select field.
#[derive(Debug, Serialize)]
pub(super) struct ChoiceView {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

/// Builds the options from pairs of value and label. `chosen` is the selected value.
pub(super) fn choices(options: &[(&'static str, &'static str)], chosen: &str) -> Vec<ChoiceView> {
    options.iter().map(|(value, label)| ChoiceView { value, label, chosen: chosen == *value }).collect()
}

/// Returns `None` for an empty text, so that links leave the field out.
pub(super) fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
