//! Begins a bulk action, once, and only if it would still do what the confirmation page said.

use super::{
    BeginBulk, BulkRun,
    preview::{PreviewedBulk, USERS_LISTED},
    run::UsersRun,
};
use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Detail, LoginCounts, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{
        bulk::{BulkAction, BulkCounts, BulkScope, BulkTerms},
        event_kind::EventKind,
        lists::users_query::PageNumber,
        logins::public_id::PublicId,
        moment::Moment,
        reason::EndReason,
    },
    store::{
        bulk::{
            Targets, list_targets,
            listed::{insert_user_list, list_listed_users},
            records::{BulkRecord, find_bulk_record, insert_bulk_record, set_bulk_event},
        },
        events::{NewEvent, insert_event},
        lists::named::KnownUser,
    },
};

/// The outcome.
#[derive(Debug)]
pub enum Begun<P = PreviewedBulk> {
    /// The bulk action is ready to run.
    Run(Box<BulkRun>),
    /// It was begun before.
    Already,
    /// It would now act on other users or logins than the page said. Nothing has happened.
    Changed(Box<P>),
}

impl Accounts {
    /// Begins a bulk action, which `BulkRun::run` carries out.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::Ended`], [`AccountsError::Forbidden`], [`AccountsError::UntilIsPast`], or a database
    /// error.
    pub async fn begin_bulk(&self, actor: &Actor, begin: BeginBulk) -> Result<Begun> {
        let mut on = self.store.read().await?;
        if find_bulk_record(&mut on, &begin.id).await?.is_some() {
            return Ok(Begun::Already);
        }
        let live = self.possibly_live_now(&mut on).await?;
        let now = live.now;
        let role = self.must_be_live(&mut on, actor, now).await?;
        if !role.is_staff() {
            return Err(AccountsError::Forbidden);
        }
        if begin.choice.terms.until.is_some_and(|until| until <= now) {
            return Err(AccountsError::UntilIsPast);
        }
        let targets = Targets { choice: &begin.choice, actor_id: actor.user_id, actor_role: role, live: &live };
        let (ids, counts) = list_targets(&mut on, targets).await?;
        if !counts.has_same_users(&begin.promised) {
            drop(on);
            let choice = self.store_active_targets(actor, role, begin.choice).await?;
            return Ok(Begun::Changed(Box::new(self.preview_bulk(actor, role, &choice).await?)));
        }
        drop(on);
        let actor = Actor { bulk: Some(begin.id.clone()), ..actor.clone() };
        // A filter leaves out the accounts that staff may not act on. Whoever selects one by hand tries to act on it, so it
        // gets an event.
        let is_by_hand = matches!(begin.choice.scope, BulkScope::Ids(_));
        let refused = if is_by_hand { counts.out_of_reach } else { 0 };
        let leaves_out_actor = begin.leaves_out_actor(now);
        let users = begin.promised.users.saturating_sub(u64::from(leaves_out_actor));
        let record = record(&actor, &begin, users, now);
        let is_new = self.start_bulk(&actor, record, event(&actor, &begin, users, now), refused).await?;
        let run = || BulkRun::Users(Box::new(UsersRun { accounts: self.clone(), actor, begin, ids, leaves_out_actor }));
        Ok(if is_new { Begun::Run(Box::new(run())) } else { Begun::Already })
    }

    /// Stores the record of a bulk action and its event, unless it was begun before. `refused` is how many of the chosen
    /// users or logins the actor may not act on. Returns whether it is new.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::Ended`] or [`AccountsError::Forbidden`] if the actor's access has ended since the targets
    /// were counted, or a database error.
    pub(super) async fn start_bulk(
        &self,
        actor: &Actor,
        record: BulkRecord,
        event: NewEvent<'_>,
        refused: u64,
    ) -> Result<bool> {
        let (id, now) = (PublicId::from_stored(record.id.clone()), record.started_at);
        let mut tx = self.store.begin().await?;
        if !insert_bulk_record(&mut tx, &record).await? {
            return Ok(false);
        }
        if !self.must_be_live(&mut tx, actor, now).await?.is_staff() {
            return Err(AccountsError::Forbidden);
        }
        let event_id = insert_event(&mut tx, &event).await?;
        set_bulk_event(&mut tx, &id, event_id).await?;
        insert_user_list(&mut tx, &id, now).await?;
        if refused > 0 {
            let what = Detail::RefusedInBulk { action: &record.action, count: refused };
            insert_event(&mut tx, &new_event(now, EventKind::Refused).by(actor).saying(what)).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// A bulk action by its id.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn find_bulk_record(&self, id: &PublicId) -> Result<Option<BulkRecord>> {
        Ok(find_bulk_record(&mut self.store.read().await?, id).await?)
    }

    /// A page of the users that a bulk action has affected, and whether there are more.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn list_bulk_users(&self, id: &PublicId, page: PageNumber) -> Result<(Vec<KnownUser>, bool)> {
        let range = (i64::from(USERS_LISTED) + 1, page.offset(USERS_LISTED));
        let mut users = list_listed_users(&mut self.store.read().await?, id, range).await?;
        let has_more = users.len() > USERS_LISTED as usize;
        users.truncate(USERS_LISTED as usize);
        Ok((users, has_more))
    }
}

/// The record of a bulk action on this many users that starts now.
fn record(actor: &Actor, begin: &BeginBulk, users: u64, now: Moment) -> BulkRecord {
    let BulkCounts { users: chosen, sessions, tokens, .. } = begin.promised;
    let promised = (users, LoginCounts { sessions, tokens });
    let skipped = begin.promised.skipped() + (chosen - users);
    BulkRecord {
        force_logout_at: begin.choice.terms.at,
        deactivated_until: begin.choice.terms.until,
        ..new_record(actor, (&begin.id, begin.choice.action.code()), promised, skipped, now)
    }
}

/// The record of an action that has not done anything yet. `promised` is how many users it affects and which of their
/// logins end.
pub(super) fn new_record(
    actor: &Actor,
    (id, action): (&PublicId, &str),
    (users, logins): (u64, LoginCounts),
    skipped: u64,
    now: Moment,
) -> BulkRecord {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    BulkRecord {
        id: id.as_str().to_owned(),
        actor_id: actor.user_id,
        actor: actor.name.clone(),
        action: action.to_owned(),
        promised_users: number(users),
        promised_sessions: number(logins.sessions),
        promised_tokens: number(logins.tokens),
        skipped: number(skipped),
        users_done: 0,
        sessions_ended: 0,
        tokens_ended: 0,
        started_at: now,
        updated_at: now,
        ended_at: None,
        failure: None,
        force_logout_at: None,
        deactivated_until: None,
        event_id: None,
        staff_reason: None,
        user_reason: None,
    }
}

/// The event of the whole bulk action on this many users. It is recorded at the start, so that an interrupted one has it too.
fn event<'a>(actor: &'a Actor, begin: &BeginBulk, users: u64, now: Moment) -> NewEvent<'a> {
    let action = begin.choice.action;
    let what = Detail::Bulk { action: action.code(), users };
    let event = new_event(now, EventKind::BulkAction).by(actor).saying(what);
    let event = match begin.choice.terms {
        BulkTerms { at: Some(at), .. } => event.saying(Detail::ScheduledFor(at)),
        BulkTerms { until: Some(until), .. } => event.saying(Detail::DeactivatedUntil(until)),
        _ => event,
    };
    match action {
        BulkAction::ForceLogout => event.because(EndReason::ForcedOut, &begin.reasons),
        BulkAction::Deactivate => event.because(EndReason::Deactivated, &begin.reasons),
        BulkAction::Activate | BulkAction::CancelForceLogout => NewEvent { reasons: begin.reasons.clone(), ..event },
    }
}
