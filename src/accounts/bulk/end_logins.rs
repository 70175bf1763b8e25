//! Ends chosen logins in batches. Each batch is one transaction: all of its logins end or none, together with their
//! events. The force-logout dates of the accounts do not move, so their other logins continue.

use std::collections::{BTreeMap, BTreeSet};

use rocket::futures::stream::{self, TryStreamExt as _};

use super::BeginBulk;
use crate::{
    accounts::{
        Accounts, Actor, LoginCounts, Result,
        event::{BuildEvent as _, ended_kind, new_event},
    },
    domain::{
        chosen_logins::{LoginsChoice, LoginsScope},
        logins::{kind::LoginClass, public_id::PublicId},
        moment::Moment,
        reason::EndReason,
    },
    store::{
        Transaction,
        bulk::{
            insert_event_for_each,
            listed::insert_listed_users,
            logins::{ChosenLogin, end_chosen_logins, list_chosen_logins, lock_users},
            record_bulk_change,
            records::add_to_bulk_record,
            set_records_bulk_change,
        },
        logins::Ending,
    },
};

/// How many logins one transaction ends.
const BATCH: usize = 1_000;

/// A bulk action on chosen logins that has begun.
#[derive(Debug)]
pub struct LoginsRun {
    pub(super) accounts: Accounts,
    pub(super) actor: Actor,
    pub(super) begin: BeginBulk<LoginsChoice>,
    /// The logins that were confirmed, by user. Logins that match later are not added.
    pub(super) logins: Vec<ChosenLogin>,
    /// The login that the actor acts with, if it ends too.
    pub(super) own: Option<ChosenLogin>,
}

impl LoginsRun {
    pub(super) async fn do_all(&self) -> Result<()> {
        let batches = stream::iter(self.logins.chunks(BATCH).map(Ok));
        let store = &self.accounts.store;
        let at_once = store.max_concurrent_writers();
        batches.try_for_each_concurrent(at_once, |logins| store.run_in_turn(self.do_batch(logins))).await?;
        // Last, because the actor acts with it.
        match &self.own {
            Some(own) => self.do_batch(std::slice::from_ref(own)).await,
            None => Ok(()),
        }
    }

    /// Ends those of the logins that are still live and within the actor's reach.
    async fn do_batch(&self, logins: &[ChosenLogin]) -> Result<()> {
        let Self { accounts, actor, begin, .. } = self;
        let mut tx = accounts.store.begin().await?;
        let site = accounts.apply_due_to_site(&mut tx).await?;
        let users: BTreeSet<i64> = logins.iter().map(|login| login.user_id).collect();
        lock_users(&mut tx, &users.into_iter().collect::<Vec<_>>()).await?;
        // Read the time after taking the locks, so that it is later than what the previous holders did.
        let now = accounts.store.clock().now(&mut tx).await?;
        let role = accounts.must_be_live(&mut tx, actor, now).await?;
        let live = accounts.possibly_live_by_role(site, now);
        let scope = LoginsScope::Ids(logins.iter().map(id).collect());
        let limit = i64::try_from(logins.len()).unwrap_or(i64::MAX);
        let mut found = list_chosen_logins(&mut tx, &scope, &live, limit).await?;
        found.retain(|login| role.may_act_on(login.role()));
        if found.is_empty() {
            return Ok(tx.commit().await?); // keeps a schedule that was due
        }
        set_records_bulk_change(&mut tx, true).await?;
        let ending = Ending { at: now, by: &actor.name, reason: EndReason::ForcedOut, reasons: &begin.reasons };
        end_chosen_logins(&mut tx, &found.iter().map(id).collect::<Vec<_>>(), ending).await?;
        self.record_ended(&mut tx, &found, now).await?;
        Ok(tx.commit().await?)
    }

    /// Records an event for each user and class of login, and adds the logins to the action's record.
    async fn record_ended(&self, on: &mut Transaction, ended: &[ChosenLogin], now: Moment) -> Result<()> {
        let begin = &self.begin;
        let mut by_user: BTreeMap<i64, LoginCounts> = BTreeMap::new();
        for login in ended {
            *by_user.entry(login.user_id).or_default() += login.count()?;
        }
        let mut by_counts: BTreeMap<LoginCounts, Vec<i64>> = BTreeMap::new();
        let mut all = LoginCounts::default();
        for (user, counts) in &by_user {
            all += *counts;
            // One event for each class, so that a search for either kind of event finds it.
            let (sessions, tokens) = (LoginCounts { tokens: 0, ..*counts }, LoginCounts { sessions: 0, ..*counts });
            for of_class in [sessions, tokens].into_iter().filter(|counts| *counts != LoginCounts::default()) {
                by_counts.entry(of_class).or_default().push(*user);
            }
        }
        let mut latest = None;
        for (counts, users) in &by_counts {
            let class = if counts.sessions > 0 { LoginClass::Sessions } else { LoginClass::Tokens };
            let event = new_event(now, ended_kind(class)).by(&self.actor);
            let event = event.because(EndReason::ForcedOut, &begin.reasons).ending(*counts);
            latest = insert_event_for_each(on, users, &event).await?;
        }
        let users: Vec<i64> = by_user.into_keys().collect();
        if let Some(event_id) = latest {
            record_bulk_change(on, &users, event_id).await?;
        }
        set_records_bulk_change(on, false).await?;
        // A user whose logins are in two batches counts once.
        let new_users = insert_listed_users(on, &begin.id, &users).await?;
        Ok(add_to_bulk_record(on, &begin.id, (new_users, all), now).await?)
    }
}

fn id(login: &ChosenLogin) -> PublicId {
    PublicId::from_stored(login.id.clone())
}
