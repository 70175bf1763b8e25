//! The forms of a bulk action: the choice and the reasons.

#![allow(clippy::needless_borrows_for_generic_args, reason = "in derived code")]

use std::{collections::BTreeSet, convert::identity};

use rocket::{FromForm, UriDisplayQuery};

use super::promise::Promise;
use crate::{
    accounts::{self, Accounts},
    domain::{
        bulk::{BulkAction, BulkChoice, BulkScope, BulkTerms},
        lists::{
            users_filter::{UsersFields, UsersFilter},
            users_query::PageNumber,
        },
        logins::public_id::PublicId,
        moment::{Moment, MomentError, parse_moment},
        reason_text::Reasons,
    },
    site::{
        admin::{
            reasons::{fill_in_reasons, read_reasons},
            search::{
                known::HasFields,
                sent::{sent, users_fields},
            },
        },
        pages::form::FormView,
    },
};

/// The choice, as a form or an address has it.
#[derive(Debug, Clone)]
pub(super) struct Chosen<'r> {
    pub action: &'r str,
    pub scope: &'r str,
    pub id: Vec<&'r str>,
    pub list: &'r str,
    pub filter: UsersFields<'r>,
    pub at: &'r str,
    pub until: &'r str,
}

sent! {
    /// The choice as a query string. `page` is the page of the list of users.
    #[derive(Debug, Clone, Copy, Default, FromForm, UriDisplayQuery)]
    pub(super) struct Addressed {
        action, scope, ids, list, q, status, role, joined_from, joined_to, login_from, login_to, seen_from, seen_to, live,
        at, until, page,
    }
}

impl<'r> Addressed<'r> {
    /// The page of the list of users.
    pub fn page(&self) -> Option<PageNumber> {
        PageNumber::parse(self.page.unwrap_or_default()).ok().filter(|page| !page.is_beyond_last())
    }

    pub fn chosen(&self) -> Chosen<'r> {
        let text = Option::unwrap_or_default;
        Chosen {
            action: text(self.action),
            scope: text(self.scope),
            id: text(self.ids).split(',').filter(|id| !id.is_empty()).collect(),
            list: text(self.list),
            filter: users_fields!(self, text),
            at: text(self.at),
            until: text(self.until),
        }
    }
}

/// The posted choice, with the reasons and the promise.
#[derive(Debug, FromForm)]
pub(super) struct BulkForm<'r> {
    #[field(default = "")]
    action: &'r str,
    #[field(default = "")]
    scope: &'r str,
    id: Vec<&'r str>,
    #[field(default = "")]
    list: &'r str,
    #[field(default = "")]
    q: &'r str,
    #[field(default = "")]
    status: &'r str,
    #[field(default = "")]
    role: &'r str,
    #[field(default = "")]
    joined_from: &'r str,
    #[field(default = "")]
    joined_to: &'r str,
    #[field(default = "")]
    login_from: &'r str,
    #[field(default = "")]
    login_to: &'r str,
    #[field(default = "")]
    seen_from: &'r str,
    #[field(default = "")]
    seen_to: &'r str,
    #[field(default = "")]
    live: &'r str,
    #[field(default = "")]
    at: &'r str,
    #[field(default = "")]
    until: &'r str,
    #[field(default = "")]
    keep_mine: &'r str,
    #[field(default = "")]
    staff_reason: &'r str,
    #[field(default = "")]
    user_reason: &'r str,
    #[field(default = "")]
    template: &'r str,
    /// The button that fills in the reasons from the template.
    fill: Option<&'r str>,
    #[field(default = "")]
    confirm: &'r str,
    #[field(default = "")]
    promised: &'r str,
}

/// The fields besides those of the choice.
const OWN_FIELDS: [&str; 8] =
    ["id", "keep_mine", "staff_reason", "user_reason", "template", "fill", "confirm", "promised"];

impl HasFields for BulkForm<'_> {
    fn has_field(name: &str) -> bool {
        // An address has the ids in one field, and a page.
        let is_of_choice = Addressed::FIELDS.contains(&name) && !["ids", "page"].contains(&name);
        is_of_choice || OWN_FIELDS.contains(&name)
    }
}

/// The value of the ticked checkbox `keep_mine`.
const KEEP: &str = "on";

/// Why a choice is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// A value that no page of this site offers.
    Unknown,
    /// No user is selected.
    Nobody,
}

impl<'r> BulkForm<'r> {
    pub fn chosen(&self) -> Chosen<'r> {
        Chosen {
            action: self.action,
            scope: self.scope,
            id: self.id.clone(),
            list: self.list,
            filter: users_fields!(self, identity),
            at: self.at,
            until: self.until,
        }
    }

    pub fn reasons(&self, form: &mut FormView) -> Option<Reasons> {
        read_reasons(form, self.staff_reason, self.user_reason)
    }

    /// Whether the form asks to fill in the reasons from a template, instead of being confirmed.
    pub const fn asks_to_fill(&self) -> bool {
        self.fill.is_some()
    }

    /// Fills in the reasons from the chosen template.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn fill_in(&self, accounts: &Accounts, form: &mut FormView) -> accounts::Result<()> {
        fill_in_reasons(accounts, form, self.template, [self.staff_reason, self.user_reason]).await
    }

    /// Whether the form comes from a confirmation page, where staff have decided about their own login.
    pub const fn has_promise(&self) -> bool {
        !self.promised.is_empty()
    }

    /// Whether staff keep the login that they act with.
    pub fn keeps_own_login(&self) -> bool {
        self.keep_mine == KEEP
    }

    pub const fn is_confirmed(&self) -> bool {
        !self.confirm.is_empty()
    }

    /// The promise that the confirmation page made, if the field is valid.
    pub fn promise(&self) -> Option<Promise> {
        Promise::parse(self.promised)
    }
}

impl<'r> Chosen<'r> {
    /// A force logout of the users of a stored list.
    pub fn force_logout_of_list(list: &'r str) -> Self {
        Self {
            action: BulkAction::ForceLogout.code(),
            scope: "list",
            id: Vec::new(),
            list,
            filter: UsersFields::default(),
            at: "",
            until: "",
        }
    }

    /// Converts the choice into a query string. `ids` are the user ids, comma-separated.
    pub fn addressed(&self, ids: &'r str, page: Option<&'r str>) -> Addressed<'r> {
        let UsersFields { q, status, role, joined_from, joined_to, login_from, login_to, seen_from, seen_to, live } =
            self.filter;
        let addressed = Addressed {
            action: Some(self.action),
            scope: Some(self.scope),
            ids: Some(ids),
            list: Some(self.list),
            q: Some(q),
            status: Some(status),
            role: Some(role),
            joined_from: Some(joined_from),
            joined_to: Some(joined_to),
            login_from: Some(login_from),
            login_to: Some(login_to),
            seen_from: Some(seen_from),
            seen_to: Some(seen_to),
            live: Some(live),
            at: Some(self.at),
            until: Some(self.until),
            page,
        };
        addressed.given()
    }

    /// Parses when the action takes effect and ends. An action ignores the field that it does not have. `keeps` is
    /// whether the acting user keeps their login, which is so until they decide otherwise.
    pub fn terms(&self, form: &mut FormView, keeps: bool) -> Option<BulkTerms> {
        form.set_value("keep_mine", if keeps { KEEP } else { "" });
        let action = BulkAction::parse(self.action).ok();
        let at = match action {
            Some(BulkAction::ForceLogout) => form.read("at", self.at, read_time)?,
            _ => None,
        };
        let until = match action {
            Some(BulkAction::Deactivate) => form.read("until", self.until, read_time)?,
            _ => None,
        };
        Some(BulkTerms { at, until, keeps_own_login: keeps && action == Some(BulkAction::ForceLogout) })
    }

    pub fn choice(&self) -> Result<BulkChoice, Unreadable> {
        let action = BulkAction::parse(self.action).map_err(|_| Unreadable::Unknown)?;
        let scope = match self.scope {
            "ids" => {
                let ids: Result<BTreeSet<i64>, _> = self.id.iter().map(|id| id.parse()).collect();
                let ids = ids.map_err(|_| Unreadable::Unknown)?;
                if ids.is_empty() {
                    return Err(Unreadable::Nobody);
                }
                BulkScope::Ids(ids.into_iter().collect())
            }
            "matching" => BulkScope::Matching(UsersFilter::parse(&self.filter).map_err(|_| Unreadable::Unknown)?),
            "list" => BulkScope::Listed(PublicId::parse(self.list).ok_or(Unreadable::Unknown)?),
            _ => return Err(Unreadable::Unknown),
        };
        Ok(BulkChoice::new(action, scope))
    }
}

fn read_time(typed: &str) -> Result<Option<Moment>, MomentError> {
    if typed.trim().is_empty() { Ok(None) } else { parse_moment(typed).map(Some) }
}
