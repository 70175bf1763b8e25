//! Builds the events of the use cases.

pub(super) mod counted;
pub(super) mod detail;
mod record_counted;
pub(super) mod record_forged;

use super::{Actor, Client, Detail, LoginCounts};
use crate::{
    domain::{
        event_kind::EventKind, logins::kind::LoginClass, moment::Moment, reason::EndReason, reason_text::Reasons,
    },
    store::{
        Result, Sql,
        events::{Named, NewEvent, insert_event},
        feed::Change,
        fleet::receipts::request_receipts,
    },
};

/// Records an action that can end logins, and asks each node to report when it has applied the action. Use it for every
/// action that moves a force-logout date. Otherwise staff see the receipt of an older action under the new date.
pub(super) async fn insert_event_with_receipt(on: &mut dyn Sql, event: &NewEvent<'_>, of: Change) -> Result<()> {
    let event_id = insert_event(on, event).await?;
    request_receipts(on, of, event_id).await
}

/// A new event with only a time and a kind.
pub(super) fn new_event<'a>(at: Moment, kind: EventKind) -> NewEvent<'a> {
    NewEvent {
        at,
        kind,
        actor: None,
        subject: None,
        session: None,
        reason: None,
        reasons: Reasons::default(),
        address: None,
        user_agent: None,
        detail: None,
        times: 1,
        bulk: None,
    }
}

/// The kind of event that records the end of logins of this class.
pub(super) const fn ended_kind(class: LoginClass) -> EventKind {
    match class {
        LoginClass::Sessions => EventKind::SessionEnded,
        LoginClass::Tokens => EventKind::TokenEnded,
    }
}

/// Adds details to an event. The calls read like a sentence: `by` an actor, `to` a user, `because` of a reason.
pub(super) trait BuildEvent<'a>: Sized {
    /// Sets the actor, their session and client, and the bulk action that they carry out.
    fn by(self, actor: &'a Actor) -> Self;
    /// Sets the client.
    fn from(self, client: &'a Client) -> Self;
    /// Sets the account that the event is about.
    fn to(self, id: i64, name: &'a str) -> Self;
    /// Sets why logins ended.
    fn because(self, reason: EndReason, reasons: &Reasons) -> Self;
    /// Adds how many sessions and tokens ended to the detail.
    fn ending(self, ended: impl Into<LoginCounts>) -> Self;
    /// Appends to the detail, after a semicolon if the event has a detail already.
    fn saying(self, detail: Detail<'_>) -> Self;
}

impl<'a> BuildEvent<'a> for NewEvent<'a> {
    fn by(self, actor: &'a Actor) -> Self {
        let (session, bulk) = (actor.session.as_ref(), actor.bulk.as_ref());
        let event = Self { actor: Some(actor.named()), session, bulk, ..self };
        match &actor.client {
            Some(client) => event.from(client),
            None => event,
        }
    }

    fn from(self, client: &'a Client) -> Self {
        Self { address: Some(&client.address), user_agent: Some(client.user_agent()), ..self }
    }

    fn to(self, id: i64, name: &'a str) -> Self {
        Self { subject: Some(Named { id: Some(id), name }), ..self }
    }

    fn because(self, reason: EndReason, reasons: &Reasons) -> Self {
        Self { reason: Some(reason), reasons: reasons.clone(), ..self }
    }

    fn ending(self, ended: impl Into<LoginCounts>) -> Self {
        self.saying(Detail::Ended(ended.into()))
    }

    fn saying(self, detail: Detail<'_>) -> Self {
        let detail = match self.detail {
            Some(before) => format!("{before}; {detail}"),
            None => detail.to_string(),
        };
        Self { detail: Some(detail), ..self }
    }
}
