//! The query of the list of logins: its fields as they were sent.

#![allow(clippy::needless_borrows_for_generic_args, reason = "in derived code")]

use rocket::{FromForm, UriDisplayQuery};

use crate::{
    domain::lists::{
        logins_filter::{LoginsFields, LoginsFilter},
        logins_query::{LoginsQuery, LoginsSort},
        per_page::PerPage,
        users_filter::InvalidQuery,
        users_query::PageNumber,
    },
    site::admin::search::sent::sent,
};

sent! {
    /// The query as it was sent. The links on the page repeat it with one field changed.
    #[derive(Debug, Clone, Copy, Default, FromForm, UriDisplayQuery)]
    pub(in crate::site) struct Sent {
        q, address, browser, system, kind, state, login_from, login_to, seen_from, seen_to, sort, page, per_page,
    }
}

impl<'q> Sent<'q> {
    /// The fields of the filter.
    pub(super) fn fields(&self) -> LoginsFields<'q> {
        let text = Option::unwrap_or_default;
        LoginsFields {
            q: text(self.q),
            address: text(self.address),
            browser: text(self.browser),
            system: text(self.system),
            kind: text(self.kind),
            state: text(self.state),
            login_from: text(self.login_from),
            login_to: text(self.login_to),
            seen_from: text(self.seen_from),
            seen_to: text(self.seen_to),
        }
    }

    /// Parses the query.
    ///
    /// # Errors
    /// Returns an error if a value is not valid.
    pub(super) fn parse(&self) -> Result<LoginsQuery, InvalidQuery> {
        Ok(LoginsQuery {
            filter: LoginsFilter::parse(&self.fields())?,
            sort: LoginsSort::parse(self.sort.unwrap_or_default())?,
            page: PageNumber::parse(self.page.unwrap_or_default())?,
            per_page: PerPage::parse(self.per_page.unwrap_or_default())?,
        })
    }
}
