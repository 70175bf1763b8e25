//! Records acts that a client can repeat at will: the first at once, and the count of the further ones later.

use std::time::Duration;

use rocket::tokio::time::sleep;

use super::{BuildEvent as _, counted::Group, new_event};
use crate::{
    accounts::{Accounts, Actor, Result},
    domain::{event_kind::EventKind, moment::Moment},
    store::{
        Transaction,
        events::{NewEvent, insert_event},
        users::find_user,
    },
};

/// How often the counts of ended intervals are written.
const WRITE_INTERVAL: Duration = Duration::from_secs(10);
/// How many counts one transaction writes.
const BATCH: usize = 250;

impl Accounts {
    /// Records an act that a client can repeat at will. The first is an event at once, in its own transaction. Repeats
    /// are counted in memory, without a write. `describe` adds to the event `by` the actor, if there is one.
    pub(in crate::accounts) async fn record_counted<'a>(
        &self,
        kind: EventKind,
        by: Option<&'a Actor>,
        describe: impl FnOnce(NewEvent<'a>) -> NewEvent<'a> + Send,
    ) -> Result<()> {
        let now = self.estimated_now();
        let event = new_event(now, kind);
        let event = describe(match by {
            Some(actor) => event.by(actor),
            None => event,
        });
        let Some((place, first)) = self.counted_acts.count(Group::of(by), &event, now) else { return Ok(()) };
        let recorded = self.record_alone(|at| first.at(at)).await;
        if recorded.is_err() {
            self.counted_acts.take_back(&place);
        }
        recorded
    }

    /// Records one event in its own transaction, without its client if the account has been deleted meanwhile.
    pub(in crate::accounts) async fn record_alone<'a>(
        &self,
        event: impl FnOnce(Moment) -> NewEvent<'a> + Send,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let event = without_deleted_client(&mut tx, event(now)).await?;
        insert_event(&mut tx, &event).await?;
        Ok(tx.commit().await?)
    }

    /// Writes the counts of the intervals that are over, and returns how many.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. What was not written is written later.
    pub async fn write_counted_acts(&self) -> Result<u64> {
        self.write_counts(false).await
    }

    /// Writes all counts, because the server stops.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn write_all_counted_acts(&self) -> Result<u64> {
        self.write_counts(true).await
    }

    /// Writes the counts of intervals that are over, and with `with_current` of the others too.
    async fn write_counts(&self, with_current: bool) -> Result<u64> {
        let _turn = self.counted_acts.turn().await;
        let mut written = 0;
        loop {
            let batch = self.counted_acts.repeated(self.estimated_now(), with_current, BATCH);
            if batch.is_empty() {
                self.counted_acts.forget_quiet(self.estimated_now());
                return Ok(written);
            }
            let mut tx = self.store.begin().await?;
            let now = self.store.clock().now(&mut tx).await?;
            for repeated in &batch {
                let event = without_deleted_client(&mut tx, repeated.at(now)).await?;
                insert_event(&mut tx, &event).await?;
            }
            tx.commit().await?;
            self.counted_acts.written(&batch, self.estimated_now());
            written += batch.len() as u64;
        }
    }

    /// Writes the counts of ended intervals until the server stops.
    pub async fn keep_writing_counted_acts(&self) {
        loop {
            sleep(WRITE_INTERVAL).await;
            if let Err(error) = self.write_counted_acts().await {
                log::warn!("could not write how often acts were repeated, will retry: {error}");
            }
        }
    }
}

/// Removes the client if its account has been deleted in the meantime: that has erased its addresses from the events.
/// The account is the actor's or, without one, that which somebody tried.
async fn without_deleted_client<'a>(on: &mut Transaction, event: NewEvent<'a>) -> Result<NewEvent<'a>> {
    let owner = event.actor.or(event.subject).and_then(|named| named.id);
    match owner {
        Some(id) if find_user(on, id).await?.is_none() => Ok(NewEvent { address: None, user_agent: None, ..event }),
        _ => Ok(event),
    }
}
