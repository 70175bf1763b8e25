//! The columns by which a list is sorted.

use serde::Serialize;

/// A column by which a list is sorted.
#[derive(Debug, Serialize)]
pub(in crate::site::admin) struct ColumnView {
    key: &'static str,
    label: &'static str,
    href: String,
    direction: Option<&'static str>,
}

impl ColumnView {
    /// `href` is the list in the order of the next click. `descending` is the direction if the list is sorted by this
    /// column.
    pub(in crate::site::admin) fn new(
        (key, label): (&'static str, &'static str),
        href: String,
        descending: Option<bool>,
    ) -> Self {
        let direction = descending.map(|descending| if descending { "descending" } else { "ascending" });
        Self { key, label, href, direction }
    }
}

/// Whether the next click sorts in descending order. The first click on a date sorts the newest first. A second click
/// reverses the order.
pub(in crate::site::admin) fn is_next_descending(descending: Option<bool>, is_date: bool) -> bool {
    descending.map_or(is_date, |descending| !descending)
}
