//! Acts that a client can repeat at will, counted in memory so that they cannot flood the events.
//!
//! The first of equal acts is an event at once. The further ones of the same ten minutes are one more event, with their
//! count, when the ten minutes are over. An event is never changed afterwards, so a role that may only insert events
//! can write both.
//!
//! Each node counts for itself. It counts at most [`MAX_ACTS_OF_ONE`] different acts of one account or network separately,
//! at most [`MAX_ACTS`] of all members, and as many of all networks and of all staff. The rest are counted together, one
//! number for each kind. So on each node all attackers together cause at most about 4,000 writes in the first ten minutes
//! and 2,000 in each ten minutes that follow, fewer than seven in a second. One account causes at most 50, and then 25.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::TimeDelta;
use rocket::tokio::sync;

use super::{BuildEvent as _, new_event};
use crate::{
    accounts::{Actor, Detail, actor::counted_address},
    domain::{event_kind::EventKind, logins::public_id::PublicId, moment::Moment, reason_text::Reasons},
    store::events::{Named, NewEvent},
};

/// How long equal acts are counted for one event.
const INTERVAL: TimeDelta = TimeDelta::minutes(10);
/// How many different acts of one account or network are counted separately.
const MAX_ACTS_OF_ONE: usize = 20;
/// How many different acts of one group are counted separately.
const MAX_ACTS: usize = 1_000;

/// The acts of the current interval. Clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::accounts) struct CountedActs(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    acts: Mutex<Acts>,
    turn: sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Acts {
    of: HashMap<Source, HashMap<Act, Counted>>,
    numbers: HashMap<Group, usize>,
}

/// Who shares a limit. Members and strangers must not use up the limit of staff: it would hide what staff do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Group {
    Staff,
    Members,
    Networks,
}

impl Group {
    pub(super) fn of(actor: Option<&Actor>) -> Self {
        match actor {
            Some(actor) if actor.role.is_staff() => Self::Staff,
            Some(_) => Self::Members,
            None => Self::Networks,
        }
    }
}

/// Whose acts are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Source {
    group: Group,
    who: Who,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Account(i64),
    Network(String),
    /// Further accounts or networks of the group.
    Further,
}

impl Source {
    fn of(group: Group, event: &NewEvent<'_>) -> Self {
        let who = match event.actor.and_then(|actor| actor.id) {
            Some(id) => Who::Account(id),
            None => Who::Network(counted_address(event.address.unwrap_or_default())),
        };
        Self { group, who }
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Act {
    /// Exactly this, to this account.
    This { kind: EventKind, detail: Option<String>, subject: Option<i64> },
    /// Anything else of this kind.
    Further(EventKind),
}

/// Where an act is counted.
pub(super) type Place = (Source, Act);

/// An act and how often it was repeated after its event was written.
#[derive(Debug, Clone)]
struct Counted {
    event: ActEvent,
    /// When the interval began.
    since: Moment,
    last: Moment,
    repeats: u64,
}

impl Counted {
    /// Whether the interval is over. Also if the clock has stepped back.
    fn is_over(&self, now: Moment) -> bool {
        now < self.since || now - self.since >= INTERVAL
    }
}

/// The event of an act, without its time.
#[derive(Debug, Clone)]
pub(super) struct ActEvent {
    kind: EventKind,
    actor: Option<(Option<i64>, String)>,
    subject: Option<(Option<i64>, String)>,
    session: Option<PublicId>,
    client: Option<(String, String)>,
    detail: Option<String>,
}

impl ActEvent {
    fn of(event: &NewEvent<'_>, place: &Place) -> Self {
        let owned = |named: Named<'_>| (named.id, named.name.to_owned());
        let client = |address: &str| (address.to_owned(), event.user_agent.unwrap_or_default().to_owned());
        let this = Self {
            kind: event.kind,
            actor: event.actor.map(owned),
            subject: event.subject.map(owned),
            session: event.session.cloned(),
            client: event.address.map(client),
            detail: event.detail.clone(),
        };
        let further = |detail: Detail<'_>| Some(detail.to_string());
        match place {
            (Source { who: Who::Further, .. }, _) => {
                let detail = further(Detail::OfFurtherSources);
                Self { kind: event.kind, actor: None, subject: None, session: None, client: None, detail }
            }
            (_, Act::Further(_)) => Self { subject: None, detail: further(Detail::FurtherActs), ..this },
            _ => this,
        }
    }

    /// The event of the first act.
    pub(super) fn at(&self, at: Moment) -> NewEvent<'_> {
        NewEvent {
            actor: self.actor.as_ref().map(|(id, name)| Named { id: *id, name }),
            subject: self.subject.as_ref().map(|(id, name)| Named { id: *id, name }),
            session: self.session.as_ref(),
            reasons: Reasons::default(),
            address: self.client.as_ref().map(|(address, _)| address.as_str()),
            user_agent: self.client.as_ref().map(|(_, user_agent)| user_agent.as_str()),
            detail: self.detail.clone(),
            ..new_event(at, self.kind)
        }
    }
}

/// Acts that were repeated and whose count is to be written.
#[derive(Debug, Clone)]
pub(super) struct Repeated {
    place: Place,
    pub(super) event: ActEvent,
    since: Moment,
    last: Moment,
    repeats: u64,
}

impl Repeated {
    /// The event of the repeats.
    pub(super) fn at(&self, at: Moment) -> NewEvent<'_> {
        let event = self.event.at(at).saying(Detail::Between(self.since.min(self.last), self.last));
        NewEvent { times: i64::try_from(self.repeats).unwrap_or(i64::MAX), ..event }
    }
}

impl CountedActs {
    /// Counts an act. If it is the first, returns its event, which the caller must write, and its place.
    pub(super) fn count(&self, group: Group, event: &NewEvent<'_>, now: Moment) -> Option<(Place, ActEvent)> {
        let mut acts = self.acts();
        let place = acts.place_of(group, event);
        if let Some(counted) = acts.of.get_mut(&place.0).and_then(|of| of.get_mut(&place.1)) {
            if counted.repeats > 0 || !counted.is_over(now) {
                counted.repeats += 1;
                counted.last = now;
                return None;
            }
            // The client may be another one by now.
            counted.event = ActEvent::of(event, &place);
            counted.since = now;
            return Some((place, counted.event.clone()));
        }
        let event = ActEvent::of(event, &place);
        let counted = Counted { event: event.clone(), since: now, last: now, repeats: 0 };
        acts.of.entry(place.0.clone()).or_default().insert(place.1.clone(), counted);
        *acts.numbers.entry(group).or_default() += 1;
        Some((place, event))
    }

    /// Takes back the first act, because its event could not be written. If it was repeated in the meantime, it counts as
    /// one more repeat.
    pub(super) fn take_back(&self, place: &Place) {
        let mut acts = self.acts();
        match acts.of.get_mut(&place.0).and_then(|of| of.get_mut(&place.1)) {
            Some(counted) if counted.repeats > 0 => counted.repeats += 1,
            _ => acts.remove(place),
        }
    }

    /// At most `limit` acts that were repeated in intervals that are over, and with `with_current` in any.
    pub(super) fn repeated(&self, now: Moment, with_current: bool, limit: usize) -> Vec<Repeated> {
        let acts = self.acts();
        let every = acts.of.iter().flat_map(|(source, of)| of.iter().map(move |(act, counted)| (source, act, counted)));
        let due = every.filter(|(_, _, counted)| counted.repeats > 0 && (with_current || counted.is_over(now)));
        let repeated = due.map(|(source, act, Counted { event, since, last, repeats })| Repeated {
            place: (source.clone(), act.clone()),
            event: event.clone(),
            since: *since,
            last: *last,
            repeats: *repeats,
        });
        repeated.take(limit).collect()
    }

    /// Begins the next interval of acts whose count was written. Those that were not repeated in it are forgotten then.
    pub(super) fn written(&self, written: &[Repeated], now: Moment) {
        let mut acts = self.acts();
        for Repeated { place, repeats, .. } in written {
            if let Some(counted) = acts.of.get_mut(&place.0).and_then(|of| of.get_mut(&place.1)) {
                counted.repeats = counted.repeats.saturating_sub(*repeats);
                counted.since = now;
            }
        }
    }

    /// Forgets the acts that were not repeated.
    pub(super) fn forget_quiet(&self, now: Moment) {
        let mut acts = self.acts();
        let Acts { of, numbers } = &mut *acts;
        numbers.clear();
        of.retain(|source, of| {
            of.retain(|_, counted| counted.repeats > 0 || !counted.is_over(now));
            *numbers.entry(source.group).or_default() += of.len();
            !of.is_empty()
        });
        // Gives memory back after a burst.
        of.shrink_to_fit();
    }

    /// One writer at a time.
    pub(super) async fn turn(&self) -> sync::MutexGuard<'_, ()> {
        self.0.turn.lock().await
    }

    /// Ignores poisoning: a panic under the lock leaves at worst a wrong count.
    fn acts(&self) -> MutexGuard<'_, Acts> {
        self.0.acts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Acts {
    /// Where an act is counted: on its own, or with others once too many are counted separately.
    fn place_of(&self, group: Group, event: &NewEvent<'_>) -> Place {
        let source = Source::of(group, event);
        let subject = event.subject.and_then(|subject| subject.id);
        let this = Act::This { kind: event.kind, detail: event.detail.clone(), subject };
        let further = Act::Further(event.kind);
        let of = self.of.get(&source);
        if of.is_some_and(|of| of.contains_key(&this)) {
            return (source, this);
        }
        if of.is_some_and(|of| of.contains_key(&further)) {
            return (source, further);
        }
        let is_full_of_source = of.map_or(0, HashMap::len) >= MAX_ACTS_OF_ONE;
        if self.numbers.get(&group).is_some_and(|number| *number >= MAX_ACTS) {
            return (Source { group, who: Who::Further }, further);
        }
        (source, if is_full_of_source { further } else { this })
    }

    fn remove(&mut self, (source, act): &Place) {
        let Some(of) = self.of.get_mut(source) else { return };
        if of.remove(act).is_some() {
            if of.is_empty() {
                self.of.remove(source);
            }
            let number = self.numbers.entry(source.group).or_default();
            *number = number.saturating_sub(1);
        }
    }
}

#[cfg(test)]
#[path = "counted_tests.rs"]
mod tests;
