//! Which events staff ask for, as the address has it: the same words for the page and for the file.

#![allow(clippy::needless_borrows_for_generic_args)] // in what is derived

use rocket::{FromForm, UriDisplayQuery};

use crate::{
    domain::{
        lists::{users_filter::SearchText, users_query::PageNumber},
        period::Period,
    },
    store::{events::EventKind, lists::events::EventsQuery},
};

/// The query as it was sent: every link on the page is this one with something changed.
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
    /// The question; none where a word is not known.
    pub(super) fn parse(&self) -> Option<(EventsQuery, PageNumber)> {
        let word = Option::unwrap_or_default;
        let kind = match word(self.kind) {
            "" => None,
            code => Some(EventKind::of_code(code)?),
        };
        let user = match word(self.user) {
            "" => None,
            number if number.bytes().all(|b| b.is_ascii_digit()) => Some(number.parse().ok()?),
            _ => return None,
        };
        let query = EventsQuery {
            search: SearchText::parse(word(self.q)).ok()?,
            kind,
            user,
            period: Period::parse(word(self.from), word(self.to)).ok()?,
        };
        Some((query, PageNumber::parse(word(self.page)).ok()?))
    }

    /// The same question, without words that say nothing, for another page.
    pub(super) fn on_page(&self, page: Option<&'q str>) -> Self {
        let given = |word: Option<&'q str>| word.filter(|word| !word.is_empty());
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
