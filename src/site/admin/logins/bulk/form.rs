//! The form of a bulk action on logins: the choice, the reasons, and the promise of the confirmation page.

use std::collections::BTreeSet;

use rocket::form::{self, DataField, FromForm, Options, ValueField};

use crate::{
    accounts::{self, Accounts},
    domain::{
        chosen_logins::LoginsScope, lists::logins_filter::LoginsFilter, logins::public_id::PublicId,
        reason_text::Reasons,
    },
    site::{
        admin::{
            bulk::promise::Promise,
            logins::query::Sent,
            reasons::{fill_in_reasons, read_reasons},
            search::known::HasFields,
        },
        pages::form::FormView,
    },
};

/// What to do with the chosen logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoginsAction {
    /// End these logins.
    End,
    /// Force out their people.
    ForceLogout,
}

/// Why a choice is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// A value that no page of this site offers.
    Unknown,
    /// No login is selected.
    Nothing,
}

/// The choice, as a form or an address has it.
#[derive(Debug, Clone)]
pub(super) struct Chosen<'r> {
    pub action: &'r str,
    pub scope: &'r str,
    pub id: Vec<&'r str>,
    /// The filter.
    pub sent: Sent<'r>,
}

impl Chosen<'_> {
    pub fn action(&self) -> Result<LoginsAction, Unreadable> {
        match self.action {
            "end" => Ok(LoginsAction::End),
            "force-logout" => Ok(LoginsAction::ForceLogout),
            _ => Err(Unreadable::Unknown),
        }
    }

    pub fn scope(&self) -> Result<LoginsScope, Unreadable> {
        match self.scope {
            "ids" => {
                let ids: Option<Vec<PublicId>> = self.id.iter().map(|id| PublicId::parse(id)).collect();
                let mut ids = ids.ok_or(Unreadable::Unknown)?;
                let mut seen = BTreeSet::new();
                ids.retain(|id| seen.insert(id.as_str().to_owned()));
                if ids.is_empty() { Err(Unreadable::Nothing) } else { Ok(LoginsScope::Ids(ids)) }
            }
            "matching" => {
                let filter = LoginsFilter::parse(&self.sent.fields()).map_err(|_| Unreadable::Unknown)?;
                Ok(LoginsScope::Matching(filter))
            }
            _ => Err(Unreadable::Unknown),
        }
    }
}

/// The posted form.
#[derive(Debug)]
pub(in crate::site) struct BulkForm<'r> {
    sent: Sent<'r>,
    own: OwnFields<'r>,
}

/// The fields that the form has besides those of the filter.
#[derive(Debug, FromForm)]
pub(in crate::site) struct OwnFields<'r> {
    #[field(default = "")]
    action: &'r str,
    #[field(default = "")]
    scope: &'r str,
    id: Vec<&'r str>,
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

/// Their names.
const OWN_FIELDS: [&str; 10] =
    ["action", "scope", "id", "keep_mine", "staff_reason", "user_reason", "template", "fill", "confirm", "promised"];

impl HasFields for BulkForm<'_> {
    fn has_field(name: &str) -> bool {
        OWN_FIELDS.contains(&name) || Sent::FIELDS.contains(&name)
    }
}

/// Both parts read every field, and each ignores those of the other.
#[rocket::async_trait]
impl<'r> FromForm<'r> for BulkForm<'r> {
    type Context = (<Sent<'r> as FromForm<'r>>::Context, <OwnFields<'r> as FromForm<'r>>::Context);

    fn init(options: Options) -> Self::Context {
        (Sent::init(options), OwnFields::init(options))
    }

    fn push_value((sent, own): &mut Self::Context, field: ValueField<'r>) {
        Sent::push_value(sent, field.clone());
        OwnFields::push_value(own, field);
    }

    async fn push_data(_: &mut Self::Context, _: DataField<'r, '_>) {}

    fn finalize((sent, own): Self::Context) -> form::Result<'r, Self> {
        Ok(Self { sent: Sent::finalize(sent)?, own: OwnFields::finalize(own)? })
    }
}

impl<'r> BulkForm<'r> {
    pub(super) fn chosen(&self) -> Chosen<'r> {
        let OwnFields { action, scope, id, .. } = &self.own;
        Chosen { action, scope, id: id.clone(), sent: self.sent }
    }

    pub(super) fn reasons(&self, form: &mut FormView) -> Option<Reasons> {
        read_reasons(form, self.own.staff_reason, self.own.user_reason)
    }

    /// Whether the form asks to fill in the reasons from a template, instead of being confirmed.
    pub(super) const fn asks_to_fill(&self) -> bool {
        self.own.fill.is_some()
    }

    pub(super) async fn fill_in(&self, accounts: &Accounts, form: &mut FormView) -> accounts::Result<()> {
        fill_in_reasons(accounts, form, self.own.template, [self.own.staff_reason, self.own.user_reason]).await
    }

    /// Whether staff keep the login that they act with. `None` until a confirmation page has asked them.
    pub(super) fn keeps_own_login(&self) -> Option<bool> {
        (!self.own.promised.is_empty()).then(|| self.own.keep_mine == "on")
    }

    pub(super) const fn is_confirmed(&self) -> bool {
        !self.own.confirm.is_empty()
    }

    /// The promise that the confirmation page made, if the field is valid.
    pub(super) fn promise(&self) -> Option<Promise> {
        Promise::parse(self.own.promised)
    }
}
