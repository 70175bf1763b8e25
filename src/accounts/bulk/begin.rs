//! Begins a bulk action, once, and only if it would still do what the confirmation page said.

use super::{
    BeginBulk, BulkRun,
    preview::{PreviewedBulk, USERS_LISTED},
};
use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Detail, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{
        bulk::{BulkAction, BulkScope, BulkTerms},
        event_kind::EventKind,
        lists::users_query::PageNumber,
        logins::session_secret::SessionId,
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
pub enum Begun {
    /// The bulk action is ready to run.
    Run(Box<BulkRun>),
    /// It was begun before.
    Already,
    /// It would now act on other users than the page said. Nothing has happened.
    Changed(Box<PreviewedBulk>),
}

impl Accounts {
    /// Begins a bulk action, which [`BulkRun::run`] carries out.
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
        let now = self.store.clock().now(&mut on).await?;
        let role = self.must_be_live(&mut on, actor, now).await?;
        if !role.is_staff() {
            return Err(AccountsError::Forbidden);
        }
        if begin.choice.terms.until.is_some_and(|until| until <= now) {
            return Err(AccountsError::UntilIsPast);
        }
        let targets = Targets { choice: &begin.choice, actor_id: actor.user_id, actor_role: role, now };
        let (ids, counts) = list_targets(&mut on, targets).await?;
        if !counts.has_same_users(&begin.promised) {
            return Ok(Begun::Changed(Box::new(self.previewed(&mut on, targets, counts).await?)));
        }
        drop(on);
        let actor = Actor { bulk: Some(begin.id.clone()), ..actor.clone() };
        let act = record(&actor, &begin, now);
        let mut tx = self.store.begin().await?;
        let is_new = insert_bulk_record(&mut tx, &act).await?;
        if is_new {
            let event_id = insert_event(&mut tx, &event(&actor, &begin, now)).await?;
            set_bulk_event(&mut tx, &begin.id, event_id).await?;
            insert_user_list(&mut tx, &begin.id, now).await?;
        }
        let out_of_reach = counts.out_of_reach;
        // Only accounts that staff marked by hand count as refused. A filter never targets accounts out of their reach.
        if is_new && out_of_reach > 0 && matches!(begin.choice.scope, BulkScope::Ids(_)) {
            let what = Detail::RefusedInBulk { action: &act.action, users: out_of_reach };
            insert_event(&mut tx, &new_event(now, EventKind::Refused).by(&actor).saying(what)).await?;
        }
        tx.commit().await?;
        let run = || BulkRun { accounts: self.clone(), actor, begin, ids };
        Ok(if is_new { Begun::Run(Box::new(run())) } else { Begun::Already })
    }

    /// A bulk action by its id.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn find_bulk_record(&self, id: &SessionId) -> Result<Option<BulkRecord>> {
        Ok(find_bulk_record(&mut self.store.read().await?, id).await?)
    }

    /// A page of the users that a bulk action has affected, and whether there are more.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn list_bulk_users(&self, id: &SessionId, page: PageNumber) -> Result<(Vec<KnownUser>, bool)> {
        let range = (i64::from(USERS_LISTED) + 1, page.offset(USERS_LISTED));
        let mut users = list_listed_users(&mut self.store.read().await?, id, range).await?;
        let has_more = users.len() > USERS_LISTED as usize;
        users.truncate(USERS_LISTED as usize);
        Ok((users, has_more))
    }
}

/// The record of a bulk action that starts now.
fn record(actor: &Actor, begin: &BeginBulk, now: Moment) -> BulkRecord {
    let promised = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let left_out = i64::from(begin.leaves_out_actor(now));
    BulkRecord {
        id: begin.id.as_str().to_owned(),
        actor_id: actor.user_id,
        actor: actor.name.clone(),
        action: begin.choice.action.code().to_owned(),
        promised_users: promised(begin.promised.users) - left_out,
        promised_sessions: promised(begin.promised.sessions),
        promised_tokens: promised(begin.promised.tokens),
        skipped: promised(begin.promised.skipped()) + left_out,
        users_done: 0,
        sessions_ended: 0,
        tokens_ended: 0,
        started_at: now,
        updated_at: now,
        ended_at: None,
        failure: None,
        force_logout_at: begin.choice.terms.at,
        deactivated_until: begin.choice.terms.until,
        event_id: None,
        staff_reason: None,
        user_reason: None,
    }
}

/// The event of the whole bulk action. It is recorded at the start, so that an interrupted one has it too.
fn event<'a>(actor: &'a Actor, begin: &BeginBulk, now: Moment) -> NewEvent<'a> {
    let (action, users) = (begin.choice.action, begin.promised.users);
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
        BulkAction::Activate => NewEvent { reasons: begin.reasons.clone(), ..event },
    }
}
