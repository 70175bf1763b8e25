//! The query of the list of events and of its CSV export.

#![allow(clippy::needless_borrows_for_generic_args, reason = "in derived code")]

use rocket::{FromForm, UriDisplayQuery};

use crate::{
    domain::{
        address_key::Network,
        event_kind::EventKind,
        lists::{
            events_query::{EventSort, EventsQuery, parse_browser},
            users_filter::{InvalidQuery, SearchText},
            users_query::PageNumber,
        },
        period::{DayError, Period},
    },
    site::admin::search::sent::sent,
};

sent! {
    /// The query as it was sent. The links on the page repeat it with one field changed.
    #[derive(Debug, Clone, Copy, Default, FromForm, UriDisplayQuery)]
    pub(in crate::site) struct Sent { q, kind, from, to, user, address, browser, sort, page }
}

/// Why a query is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QueryFault {
    /// The address is neither an address nor a network. People type it.
    Network,
    /// A field or value that no link or form of the site sends.
    Other,
}

impl From<InvalidQuery> for QueryFault {
    fn from(_: InvalidQuery) -> Self {
        Self::Other
    }
}

impl From<DayError> for QueryFault {
    fn from(_: DayError) -> Self {
        Self::Other
    }
}

impl<'q> Sent<'q> {
    /// Parses the query.
    ///
    /// # Errors
    /// Returns an error if a value is not valid.
    pub(super) fn parse(&self) -> Result<(EventsQuery, PageNumber), QueryFault> {
        let text = Option::unwrap_or_default;
        let kind = match text(self.kind) {
            "" => None,
            code => Some(EventKind::from_code(code).ok_or(QueryFault::Other)?),
        };
        let user = match text(self.user) {
            "" => None,
            number if number.bytes().all(|b| b.is_ascii_digit()) => {
                Some(number.parse().map_err(|_| QueryFault::Other)?)
            }
            _ => return Err(QueryFault::Other),
        };
        let query = EventsQuery {
            search: SearchText::parse(text(self.q))?,
            kind,
            user,
            period: Period::parse(text(self.from), text(self.to))?,
            browser: parse_browser(text(self.browser))?,
            sort: EventSort::parse(text(self.sort))?,
            // Last, so that the page can show the address again with the other fields as they were sent.
            network: match text(self.address).trim() {
                "" => None,
                typed => Some(Network::parse(typed).map_err(|_| QueryFault::Network)?),
            },
        };
        Ok((query, PageNumber::parse(text(self.page))?))
    }

    /// The same query for another page, without empty fields.
    pub(super) fn on_page(&self, page: Option<&'q str>) -> Self {
        Self { page, ..self.given() }
    }

    /// The first page of the same query in another order.
    pub(super) fn sorted_by(&self, sort: Option<&'q str>) -> Self {
        Self { sort, ..self.on_page(None) }
    }
}
