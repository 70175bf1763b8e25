//! Verifies the chain of events: whether any event was changed or deleted after it was linked.
//!
//! - Each link has the hash of the link before it, so a change anywhere changes every later hash.
//! - The last link has a seal, a MAC under a key derived from the secret key. Only the program can make one.
//! - An event may be missing if it was old enough for retention. The chain then begins at the last link whose event
//!   retention has deleted, the anchor.
//! - The personal parts of an event may be missing if their account was deleted. What they were is only in a salted
//!   digest, and the salt is erased with them.

use std::time::Duration;

use rocket::tokio::time::sleep;

use super::link_events::{ChainKeys, NO_HASH};
use crate::{
    accounts::{Accounts, Result},
    domain::moment::{Moment, moment_before},
    store::{
        Sql,
        events::chain::read::{
            ChainRow, count_events_to_link, find_event_deleted_before_link, find_event_outside_chain, list_chain_after,
        },
    },
};

/// How many links one statement reads.
const BATCH: i64 = 1_000;
/// How often a broken chain is read again: another node may purge or erase events between two statements.
const ATTEMPTS: u32 = 3;
/// The wait before the chain is read again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainVerdict {
    /// The chain has no break.
    Whole(WholeChain),
    /// The first break.
    Broken(ChainBreak),
}

/// A chain without a break.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WholeChain {
    /// How many events are linked.
    pub linked: u64,
    /// How many of them have lost their personal parts, because the account was deleted.
    pub erased: u64,
    /// How many events are not linked yet. Nothing is known about them.
    pub not_linked: i64,
    /// The time of the last event that retention has deleted from the start of the chain.
    pub deleted_up_to: Option<Moment>,
    /// The last link.
    pub last: Option<LastLink>,
}

/// The last link of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastLink {
    /// Its number.
    pub number: i64,
    /// Its event.
    pub event_id: i64,
    /// The event's time.
    pub event_at: Moment,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// Where a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainBreak {
    /// The event.
    pub event_id: i64,
    /// The link, if the event has one.
    pub link: Option<i64>,
    /// What is wrong.
    pub fault: ChainFault,
}

/// What is wrong with an event or its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainFault {
    /// The event was changed.
    EventChanged,
    /// The event was deleted, and not by retention.
    EventDeleted,
    /// The personal parts of the event were erased although the account exists.
    EventErased,
    /// The event has no link and is not waiting for one.
    NotLinked,
    /// Links before this one are missing.
    LinksMissing,
    /// The link was changed.
    LinkChanged,
    /// None of the configured keys has sealed the last link.
    NotSealed,
}

impl ChainFault {
    /// The code in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::EventChanged => "event-changed",
            Self::EventDeleted => "event-deleted",
            Self::EventErased => "event-erased",
            Self::NotLinked => "not-linked",
            Self::LinksMissing => "links-missing",
            Self::LinkChanged => "link-changed",
            Self::NotSealed => "not-sealed",
        }
    }
}

impl Accounts {
    /// Verifies the chain of events.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn verify_events(&self, keys: &ChainKeys) -> Result<ChainVerdict> {
        let mut verdict = self.try_verify(keys).await?;
        for _ in 1..ATTEMPTS {
            if matches!(verdict, ChainVerdict::Whole(_)) {
                break;
            }
            sleep(RETRY_AFTER).await;
            verdict = self.try_verify(keys).await?;
        }
        Ok(verdict)
    }

    async fn try_verify(&self, keys: &ChainKeys) -> Result<ChainVerdict> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let kept_since = moment_before(now, self.settings.event_retention);
        let mut reading = Reading { kept_since, last: None, chain: WholeChain::default() };
        loop {
            let number = reading.last.as_ref().map_or(0, |(last, _)| last.number);
            let rows = list_chain_after(&mut on, number, BATCH).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if let Err(fault) = reading.read(&row) {
                    let ChainRow { link, .. } = row;
                    return Ok(broken(link.event_id, Some(link.number), fault));
                }
            }
        }
        if let Some((last, seal)) = &reading.last
            && !keys.has_sealed(&last.hash, seal)
        {
            return Ok(broken(last.event_id, Some(last.number), ChainFault::NotSealed));
        }
        if let Some(verdict) = outside_chain(&mut on).await? {
            return Ok(verdict);
        }
        let not_linked = count_events_to_link(&mut on).await?;
        Ok(ChainVerdict::Whole(WholeChain { not_linked, last: reading.last.map(|(last, _)| last), ..reading.chain }))
    }
}

/// Events that were deleted before they were linked, or that are kept from being linked.
async fn outside_chain(on: &mut impl Sql) -> Result<Option<ChainVerdict>> {
    if let Some(id) = find_event_outside_chain(on).await? {
        return Ok(Some(broken(id, None, ChainFault::NotLinked)));
    }
    let deleted = find_event_deleted_before_link(on).await?;
    Ok(deleted.map(|id| broken(id, None, ChainFault::EventDeleted)))
}

const fn broken(event_id: i64, link: Option<i64>, fault: ChainFault) -> ChainVerdict {
    ChainVerdict::Broken(ChainBreak { event_id, link, fault })
}

/// The state after a link.
struct Reading {
    /// Older events may have been deleted by retention.
    kept_since: Moment,
    /// The last link and its seal.
    last: Option<(LastLink, Vec<u8>)>,
    chain: WholeChain,
}

impl Reading {
    fn read(&mut self, row: &ChainRow) -> std::result::Result<(), ChainFault> {
        let ChainRow { link, event, has_account } = row;
        let is_anchor = self.last.is_none() && link.number > 1;
        match &self.last {
            Some((last, _)) if link.number != last.number + 1 => return Err(ChainFault::LinksMissing),
            Some((last, _)) if link.previous != last.hash => return Err(ChainFault::LinkChanged),
            None if !is_anchor && link.previous != NO_HASH => return Err(ChainFault::LinkChanged),
            _ => {}
        }
        if link.hash != link.computed_hash() {
            return Err(ChainFault::LinkChanged);
        }
        match event {
            // The links before the anchor were deleted with their events, so its own event must be gone, too.
            Some(_) if is_anchor => return Err(ChainFault::LinksMissing),
            None if link.event_at > self.kept_since => return Err(ChainFault::EventDeleted),
            None => {}
            Some(event) if !link.fits(event) => return Err(ChainFault::EventChanged),
            Some(_) if link.is_erased() && *has_account => return Err(ChainFault::EventErased),
            Some(_) => {
                self.chain.linked += 1;
                self.chain.erased += u64::from(link.is_erased());
            }
        }
        if is_anchor {
            self.chain.deleted_up_to = Some(link.event_at);
        }
        let last =
            LastLink { number: link.number, event_id: link.event_id, event_at: link.event_at, hash: link.hash.clone() };
        self.last = Some((last, link.seal.clone()));
        Ok(())
    }
}
