//! Verifies the chain of events: whether any event was changed or deleted after it was linked.
//!
//! - Each link has the hash of the link before it, so a change anywhere changes every later hash.
//! - Each link has a seal, a MAC under a key derived from the secret key. Only the program can make one, and it extends
//!   only a chain whose last link is sealed. So the first seal under a known key vouches for the links before it.
//! - Each link has its own time. A link is made within seconds after its event while a server runs. So links that were
//!   made anew, after a change of the history, are late.
//! - An event may be missing if it was old enough for retention. The chain then begins at the last link whose event
//!   retention has deleted, the anchor.
//! - The personal parts of an event may be missing if their account was deleted. What they were is only in a salted
//!   digest, and the salt is erased with them.

use std::time::Duration;

use chrono::TimeDelta;
use rocket::tokio::time::sleep;

use super::{
    keys::{ChainKeys, NO_HASH, NotedLink},
    verdict::{ChainBreak, ChainFault, ChainVerdict, LastLink, LateLinks, WholeChain},
};
use crate::{
    accounts::{Accounts, Result},
    domain::moment::{Moment, moment_before},
    store::{
        Sql,
        events::chain::{
            LinkRow,
            queue::{count_events_to_link, find_oldest_event_to_link},
            read::{ChainRow, find_event_deleted_before_link, find_event_outside_chain, list_chain_after},
        },
    },
};

/// How many links one statement reads.
const BATCH: i64 = 1_000;
/// How often a broken chain is read again: another node may purge or erase events between two statements.
const ATTEMPTS: u32 = 3;
/// The wait before the chain is read again.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// How long after its event a link is late, or an event without a link has waited too long. A server links within
/// seconds, so this leaves an hour for a restart or a failover.
const LATE: TimeDelta = TimeDelta::hours(1);
/// How much later an event may be that is linked before another one. A transaction lasts at most half a minute.
const OVERTAKEN: TimeDelta = TimeDelta::minutes(5);

impl Accounts {
    /// Verifies the chain of events. With a link that was noted elsewhere, the chain must still have it, and only links
    /// after it are reported as late.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn verify_events(&self, keys: &ChainKeys, since: Option<&NotedLink>) -> Result<ChainVerdict> {
        let mut verdict = self.try_verify(keys, since).await?;
        for _ in 1..ATTEMPTS {
            if matches!(verdict, ChainVerdict::Whole(_)) {
                break;
            }
            sleep(RETRY_AFTER).await;
            verdict = self.try_verify(keys, since).await?;
        }
        Ok(verdict)
    }

    async fn try_verify(&self, keys: &ChainKeys, since: Option<&NotedLink>) -> Result<ChainVerdict> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let kept_since = moment_before(now, self.settings.event_retention);
        let mut reading = Reading::new(keys, since, kept_since);
        loop {
            let number = reading.last.as_ref().map_or(0, |last| last.number);
            let rows = list_chain_after(&mut on, number, BATCH).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if let Err(fault) = reading.read(&row) {
                    return Ok(broken(row.link.event_id, Some(row.link.number), fault));
                }
            }
        }
        if let Some((event_id, link, fault)) = reading.fault_at_the_end() {
            return Ok(ChainVerdict::Broken(ChainBreak { event_id, link, fault }));
        }
        if let Some(verdict) = outside_chain(&mut on, now, reading.newest_event_at).await? {
            return Ok(verdict);
        }
        let not_linked = count_events_to_link(&mut on).await?;
        Ok(ChainVerdict::Whole(WholeChain { not_linked, last: reading.last, ..reading.chain }))
    }
}

/// Events that were deleted before they were linked, or that are kept from being linked.
async fn outside_chain(on: &mut dyn Sql, now: Moment, newest: Option<Moment>) -> Result<Option<ChainVerdict>> {
    if let Some(id) = find_event_outside_chain(on).await? {
        return Ok(Some(broken(id, None, ChainFault::NotLinked)));
    }
    if let Some(id) = find_event_deleted_before_link(on).await? {
        return Ok(Some(broken(id, None, ChainFault::EventDeleted)));
    }
    let waiting = find_oldest_event_to_link(on).await?;
    let too_long = waiting.filter(|(_, at)| now - at > LATE || newest.is_some_and(|newest| newest - at > OVERTAKEN));
    Ok(too_long.map(|(id, _)| broken(id, None, ChainFault::WaitsTooLong)))
}

const fn broken(event_id: i64, link: Option<i64>, fault: ChainFault) -> ChainVerdict {
    ChainVerdict::Broken(ChainBreak { event_id: Some(event_id), link, fault })
}

/// The state after a link.
struct Reading<'a> {
    keys: &'a ChainKeys,
    since: Option<&'a NotedLink>,
    /// Older events may have been deleted by retention.
    kept_since: Moment,
    last: Option<LastLink>,
    /// Whether a known key has sealed the last link.
    is_sealed: bool,
    /// Whether the noted link was read.
    has_noted_link: bool,
    /// The time of the newest event that is linked.
    newest_event_at: Option<Moment>,
    chain: WholeChain,
}

impl<'a> Reading<'a> {
    fn new(keys: &'a ChainKeys, since: Option<&'a NotedLink>, kept_since: Moment) -> Self {
        let chain = WholeChain::default();
        Self {
            keys,
            since,
            kept_since,
            last: None,
            is_sealed: false,
            has_noted_link: false,
            newest_event_at: None,
            chain,
        }
    }

    fn read(&mut self, row: &ChainRow) -> std::result::Result<(), ChainFault> {
        let ChainRow { link, event, has_account } = row;
        let is_anchor = self.last.is_none() && link.number > 1;
        match &self.last {
            Some(last) if link.number != last.number + 1 => return Err(ChainFault::LinksMissing),
            Some(last) if link.previous != last.hash => return Err(ChainFault::LinkChanged),
            None if !is_anchor && link.previous != NO_HASH => return Err(ChainFault::LinkChanged),
            _ => {}
        }
        if link.hash != link.computed_hash() {
            return Err(ChainFault::LinkChanged);
        }
        self.read_seal(link)?;
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
                self.read_times(link);
            }
        }
        if is_anchor {
            self.chain.deleted_up_to = Some(link.event_at);
        }
        self.last = Some(LastLink {
            number: link.number,
            event_id: link.event_id,
            event_at: link.event_at,
            hash: link.hash.clone(),
        });
        Ok(())
    }

    fn read_seal(&mut self, link: &LinkRow) -> std::result::Result<(), ChainFault> {
        if let Some(noted) = self.since.filter(|noted| noted.number == link.number) {
            if noted.hash != link.hash {
                return Err(ChainFault::NotedLinkChanged);
            }
            self.has_noted_link = true;
        }
        let is_sealed = self.keys.has_sealed(&link.hash, &link.seal);
        if self.is_sealed && !is_sealed {
            return Err(ChainFault::NotSealed);
        }
        self.is_sealed = is_sealed;
        Ok(())
    }

    fn read_times(&mut self, link: &LinkRow) {
        let LinkRow { number, event_at, linked_at, .. } = *link;
        self.newest_event_at = self.newest_event_at.max(Some(event_at));
        let is_noted = self.since.is_some_and(|noted| number <= noted.number);
        if is_noted || linked_at - event_at <= LATE {
            return;
        }
        let first = LateLinks {
            events: 0,
            first_event_at: event_at,
            last_event_at: event_at,
            first_linked_at: linked_at,
            last_linked_at: linked_at,
        };
        let late = self.chain.late.get_or_insert(first);
        late.events += 1;
        late.first_event_at = late.first_event_at.min(event_at);
        late.last_event_at = late.last_event_at.max(event_at);
        late.first_linked_at = late.first_linked_at.min(linked_at);
        late.last_linked_at = late.last_linked_at.max(linked_at);
    }

    /// What only the whole chain shows: an event, a link, and what is wrong.
    fn fault_at_the_end(&self) -> Option<(Option<i64>, Option<i64>, ChainFault)> {
        if let Some(last) = self.last.as_ref().filter(|_| !self.is_sealed) {
            return Some((Some(last.event_id), Some(last.number), ChainFault::NotSealed));
        }
        let noted = self.since.filter(|_| !self.has_noted_link)?;
        Some((None, Some(noted.number), ChainFault::NotedLinkMissing))
    }
}
