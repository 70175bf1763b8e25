//! The query of the list of users.

#![allow(clippy::needless_borrows_for_generic_args, reason = "in derived code")]

use rocket::{FromForm, UriDisplayQuery};

use crate::{
    domain::lists::{
        per_page::PerPage,
        users_filter::{InvalidQuery, UsersFields, UsersFilter},
        users_query::{PageNumber, Sort, UsersQuery},
    },
    site::admin::search::sent::{sent, users_fields},
};

sent! {
    /// The query as it was sent. The links on the page repeat it with one field changed.
    #[derive(Debug, Clone, Copy, Default, FromForm, UriDisplayQuery)]
    pub(in crate::site) struct Sent {
        q, status, role, joined_from, joined_to, login_from, login_to, seen_from, seen_to, live, sort, page, per_page,
    }
}

impl<'q> Sent<'q> {
    /// The fields of the filter.
    pub(super) fn fields(&self) -> UsersFields<'q> {
        users_fields!(self, Option::unwrap_or_default)
    }

    /// Parses the query.
    ///
    /// # Errors
    /// Returns an error if a value is not valid.
    pub(super) fn parse(&self) -> Result<UsersQuery, InvalidQuery> {
        Ok(UsersQuery {
            filter: UsersFilter::parse(&self.fields())?,
            sort: Sort::parse(self.sort.unwrap_or_default())?,
            page: PageNumber::parse(self.page.unwrap_or_default())?,
            per_page: PerPage::parse(self.per_page.unwrap_or_default())?,
        })
    }
}
