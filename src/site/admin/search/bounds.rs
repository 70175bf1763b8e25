//! The bounds of dates in a search form.

use crate::{domain::moment::Moment, site::pages::form::FormView};

/// The values of the fields for these bounds, in the format of a field of the type `datetime-local`.
pub(in crate::site::admin) fn bound_fields(
    bounds: impl IntoIterator<Item = (&'static str, Option<Moment>)>,
) -> FormView {
    let mut form = FormView::default();
    for (name, bound) in bounds {
        form.set_value(name, &bound.map_or_else(String::new, in_field));
    }
    form
}

/// Such a field has at most milliseconds, and always has minutes.
fn in_field(at: Moment) -> String {
    let text = at.format("%Y-%m-%dT%H:%M:%S%.3f").to_string();
    let text = text.strip_suffix(".000").unwrap_or(&text);
    text.strip_suffix(":00").unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_always_has_minutes() {
        for (at, expected) in [
            ("2026-03-01T00:00:00Z", "2026-03-01T00:00"),
            ("2026-03-01T14:00:00Z", "2026-03-01T14:00"),
            ("2026-03-01T14:05:00.000900Z", "2026-03-01T14:05"),
            ("2026-03-01T14:00:07Z", "2026-03-01T14:00:07"),
            ("2026-03-01T14:00:00.500Z", "2026-03-01T14:00:00.500"),
        ] {
            assert_eq!(in_field(at.parse().expect("a date")), expected, "{at}");
        }
    }
}
