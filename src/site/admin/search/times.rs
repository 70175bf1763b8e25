//! The fields for date and time of a search.

use crate::{domain::moment::Moment, site::pages::form::FormView};

/// The bounds of periods, as the fields for date and time have them.
pub(in crate::site::admin) fn times(bounds: impl IntoIterator<Item = (&'static str, Option<Moment>)>) -> FormView {
    let mut form = FormView::default();
    for (name, bound) in bounds {
        // Such a field keeps no more than milliseconds.
        let text = bound.map_or_else(String::new, |at| at.format("%Y-%m-%dT%H:%M:%S%.3f").to_string());
        form.set_value(name, text.trim_end_matches(".000").trim_end_matches(":00"));
    }
    form
}
