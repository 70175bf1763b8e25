//! Begins a bulk action, once, and only if it would still do what the confirmation page said.

use super::{BeginBulk, BulkRun, PreviewedBulk};
use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Detail, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{bulk::BulkScope, event_kind::EventKind, logins::session_secret::SessionId},
    store::{
        bulk::{
            Targets, list_targets,
            records::{BulkRecord, find_bulk_record, insert_bulk_record},
        },
        events::insert_event,
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
    Changed(PreviewedBulk),
}

impl Accounts {
    /// Begins a bulk action, which [`BulkRun::run`] carries out.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::Ended`], [`AccountsError::Forbidden`], or a database error.
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
        let targets = Targets { choice: &begin.choice, actor_id: actor.user_id, actor_role: role, now };
        let (ids, counts) = list_targets(&mut on, targets).await?;
        if !counts.has_same_users(&begin.promised) {
            let counts = self.with_logins(&mut on, targets, counts).await?;
            return Ok(Begun::Changed(PreviewedBulk { choice: begin.choice, counts }));
        }
        drop(on);
        let promised = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let act = BulkRecord {
            id: begin.id.as_str().to_owned(),
            actor_id: actor.user_id,
            actor: actor.name.clone(),
            action: begin.choice.action.code().to_owned(),
            promised_users: promised(begin.promised.users),
            promised_sessions: promised(begin.promised.sessions),
            promised_tokens: promised(begin.promised.tokens),
            skipped: promised(begin.promised.skipped()),
            users_done: 0,
            sessions_ended: 0,
            tokens_ended: 0,
            started_at: now,
            updated_at: now,
            ended_at: None,
            failure: None,
        };
        let mut tx = self.store.begin().await?;
        let is_new = insert_bulk_record(&mut tx, &act).await?;
        let out_of_reach = counts.out_of_reach;
        // Only accounts that staff marked by hand count as refused. A filter never targets accounts out of their reach.
        if is_new && out_of_reach > 0 && matches!(begin.choice.scope, BulkScope::Ids(_)) {
            let what = Detail::RefusedInBulk { action: &act.action, users: out_of_reach };
            insert_event(&mut tx, &new_event(now, EventKind::Refused).by(actor).saying(what)).await?;
        }
        tx.commit().await?;
        let run = || BulkRun { accounts: self.clone(), actor: actor.clone(), begin, ids };
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
}
