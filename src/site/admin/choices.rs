//! One choice of several, as a list's search offers it.

use serde::Serialize;

/// A choice.
#[derive(Debug, Serialize)]
pub(super) struct ChoiceView {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

/// The choices, each a word and what it is called; the word that was chosen is marked.
pub(super) fn choices(known: &[(&'static str, &'static str)], chosen: &str) -> Vec<ChoiceView> {
    known.iter().map(|(value, label)| ChoiceView { value, label, chosen: chosen == *value }).collect()
}

/// Left out of a link where it is empty.
pub(super) fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
