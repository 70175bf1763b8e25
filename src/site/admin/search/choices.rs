//! The options of a select field in a search form.

use serde::Serialize;

use crate::domain::lists::per_page::PerPage;

/// An option of a select field.
#[derive(Debug, Serialize)]
pub(in crate::site::admin) struct ChoiceView {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

/// Builds the options from pairs of value and label. `chosen` is the selected value.
pub(in crate::site::admin) fn choices(options: &[(&'static str, &'static str)], chosen: &str) -> Vec<ChoiceView> {
    options.iter().map(|(value, label)| ChoiceView { value, label, chosen: chosen == *value }).collect()
}

/// The options for the number of rows per page.
pub(in crate::site::admin) fn per_page(chosen: PerPage) -> Vec<ChoiceView> {
    let value = match chosen.get() {
        50 => "50",
        100 => "100",
        _ => "20",
    };
    choices(&[("20", "20"), ("50", "50"), ("100", "100")], value)
}

/// Returns `None` for an empty text, so that links leave the field out.
pub(in crate::site::admin) fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
