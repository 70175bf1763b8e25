//! Events as the use cases make them.

use super::{Actor, Client, LoginCounts};
use crate::{
    domain::{moment::Moment, reason::EndReason, reason_text::Reasons},
    store::{
        Result, Sql,
        events::{EventKind, Named, NewEvent, insert_event},
        fleet::receipts::ask_for_receipts,
        standing::feed::Change,
    },
};

/// Notes an act that moves a force-logout date, and asks each node to report that it has applied it:
/// what staff see beneath a date must be about that date.
pub(super) async fn insert_ending(on: &mut impl Sql, event: &NewEvent<'_>, of: Change) -> Result<()> {
    let event_id = insert_event(on, event).await?;
    ask_for_receipts(on, of, event_id).await
}

/// An event of that kind with nothing else in it yet.
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
    }
}

/// Adds to an event, in the order of a sentence: who, to whom, why.
pub(super) trait BuildEvent<'a>: Sized {
    /// By this person, from where they are.
    fn by(self, actor: &'a Actor) -> Self;
    /// From there.
    fn from(self, client: &'a Client) -> Self;
    /// To that account.
    fn to(self, id: i64, name: &'a str) -> Self;
    /// For that reason.
    fn because(self, reason: EndReason, reasons: &Reasons) -> Self;
    /// And so many sessions and tokens ended by it.
    fn ending(self, ended: impl Into<LoginCounts>) -> Self;
    /// With this to say besides.
    fn saying(self, detail: impl Into<String>) -> Self;
}

impl<'a> BuildEvent<'a> for NewEvent<'a> {
    fn by(self, actor: &'a Actor) -> Self {
        let event = Self { actor: Some(actor.named()), session: actor.session.as_ref(), ..self };
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
        self.saying(ended.into().to_string())
    }

    fn saying(self, detail: impl Into<String>) -> Self {
        let detail = match self.detail {
            Some(before) => format!("{before}; {}", detail.into()),
            None => detail.into(),
        };
        Self { detail: Some(detail), ..self }
    }
}
