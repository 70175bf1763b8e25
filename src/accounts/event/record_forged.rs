//! Records forged cookies and tokens, refused forms, and exports of events.

use super::BuildEvent as _;
use crate::{
    accounts::{Accounts, Actor, Client, CookieFault, Detail, FormFault, Result, TokenFault},
    domain::{event_kind::EventKind, lists::events_query::EventsQuery},
    store::{events::NewEvent, users::find_user},
};

/// The maximum length of a request's method and path in an event, in characters.
const MAX_REQUEST_CHARACTERS: usize = 100;

impl Accounts {
    /// Records a session cookie that was altered, or whose claims are not those of the session. The account that it
    /// claims is the event's subject, if it exists.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub(crate) async fn record_forged_cookie(
        &self,
        client: &Client,
        fault: CookieFault,
        user_id: Option<i64>,
    ) -> Result<()> {
        let claimed = match user_id {
            Some(id) => find_user(&mut self.store.read().await?, id).await?,
            None => None,
        };
        self.record_counted(EventKind::CookieForged, None, |event| {
            let event = event.from(client).saying(Detail::ForgedCookie(fault));
            match &claimed {
                Some(user) => event.to(user.id, &user.username),
                None => event,
            }
        })
        .await
    }

    /// Records a token that this site did not issue.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub(crate) async fn record_forged_token(&self, client: &Client, fault: TokenFault) -> Result<()> {
        self.record_counted(EventKind::TokenForged, None, |event| event.from(client).saying(Detail::ForgedToken(fault)))
            .await
    }

    /// Records that a visitor's form failed the CSRF checks. `request` is its method and path.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub(crate) async fn record_refused_form(&self, client: &Client, request: &str, fault: FormFault) -> Result<()> {
        let request = shortened_request(request);
        self.record_counted(EventKind::FormRefused, None, |event| {
            event.from(client).saying(Detail::RefusedForm(&request, fault))
        })
        .await
    }

    /// Records that a form from a user's browser failed the CSRF checks. The user may not have sent it on purpose.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub(crate) async fn record_refused_form_of(&self, actor: &Actor, request: &str, fault: FormFault) -> Result<()> {
        let request = shortened_request(request);
        self.record_counted(EventKind::FormRefused, Some(actor), |event| {
            let event = event.saying(Detail::RefusedForm(&request, fault));
            NewEvent { subject: event.actor, ..event }
        })
        .await
    }

    /// Records an export of events.
    pub(in crate::accounts) async fn record_export(&self, actor: &Actor, query: &EventsQuery) -> Result<()> {
        self.record_counted(EventKind::Exported, Some(actor), |event| event.saying(Detail::Exported(query))).await
    }
}

/// The start of a request's method and path.
pub(in crate::accounts) fn shortened_request(request: &str) -> String {
    request.chars().take(MAX_REQUEST_CHARACTERS).collect()
}
