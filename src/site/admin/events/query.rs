//! The query of the list of events and of its CSV export.

#![allow(clippy::needless_borrows_for_generic_args, reason = "in derived code")]

use rocket::{FromForm, UriDisplayQuery};

use crate::domain::{
    event_kind::EventKind,
    lists::{events_query::EventsQuery, users_filter::SearchText, users_query::PageNumber},
    period::Period,
};

/// The query as it was sent. The links on the page repeat it with one field changed.
#[derive(Debug, Clone, Copy, Default, FromForm, UriDisplayQuery)]
pub(in crate::site) struct Sent<'q> {
    pub(super) q: Option<&'q str>,
    pub(super) kind: Option<&'q str>,
    pub(super) from: Option<&'q str>,
    pub(super) to: Option<&'q str>,
    pub(super) user: Option<&'q str>,
    pub(super) page: Option<&'q str>,
}

impl<'q> Sent<'q> {
    /// Parses the query. Returns `None` if a value is not valid.
    pub(super) fn parse(&self) -> Option<(EventsQuery, PageNumber)> {
        let text = Option::unwrap_or_default;
        let kind = match text(self.kind) {
            "" => None,
            code => Some(EventKind::from_code(code)?),
        };
        let user = match text(self.user) {
            "" => None,
            number if number.bytes().all(|b| b.is_ascii_digit()) => Some(number.parse().ok()?),
            _ => return None,
        };
        let query = EventsQuery {
            search: SearchText::parse(text(self.q)).ok()?,
            kind,
            user,
            period: Period::parse(text(self.from), text(self.to)).ok()?,
        };
        Some((query, PageNumber::parse(text(self.page)).ok()?))
    }

    /// The same query for another page, without empty fields.
    pub(super) fn on_page(&self, page: Option<&'q str>) -> Self {
        let given = |text: Option<&'q str>| text.filter(|text| !text.is_empty());
        Self {
            q: given(self.q),
            kind: given(self.kind),
            from: given(self.from),
            to: given(self.to),
            user: given(self.user),
            page,
        }
    }
}
