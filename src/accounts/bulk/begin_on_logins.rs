//! Begins a bulk action on chosen logins. It begins only once, and only if it ends nothing beyond what its confirmation
//! page promised.

use super::{
    BeginBulk, Begun, BulkRun, PreviewedLogins, begin::new_record, choose_logins::ChosenLogins, end_logins::LoginsRun,
};
use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Detail, LoginCounts, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{
        chosen_logins::{END_LOGINS, LoginsChoice, LoginsScope},
        event_kind::EventKind,
        reason::EndReason,
    },
    store::bulk::records::find_bulk_record,
};

impl Accounts {
    /// Begins the end of the chosen logins, which `BulkRun::run` carries out.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::Ended`], [`AccountsError::Forbidden`], or a database error.
    pub async fn begin_end_of_logins(
        &self,
        actor: &Actor,
        begin: BeginBulk<LoginsChoice>,
    ) -> Result<Begun<PreviewedLogins>> {
        self.derive_traits_before_listing().await;
        let mut on = self.store.read().await?;
        if find_bulk_record(&mut on, &begin.id).await?.is_some() {
            return Ok(Begun::Already);
        }
        let now = self.store.clock().now(&mut on).await?;
        let role = self.must_be_live(&mut on, actor, now).await?;
        if !role.is_staff() {
            return Err(AccountsError::Forbidden);
        }
        let chosen = self.choose_logins(&mut on, (actor, role), &begin.choice, now).await?;
        if chosen.is_too_many || !begin.choice.keeps(&begin.promised, &chosen.counts) {
            let previewed = self.previewed_logins(&mut on, begin.choice, chosen, now).await?;
            return Ok(Begun::Changed(Box::new(previewed)));
        }
        drop(on);
        let ChosenLogins { logins, own, counts, .. } = chosen;
        let (left_out, own) = if begin.choice.keeps_own_login { (own.is_some(), None) } else { (false, own) };
        let actor = Actor { bulk: Some(begin.id.clone()), ..actor.clone() };
        // What the page promised, and the actor's own login. The actor counts as one more user, unless other logins of
        // theirs are ended too.
        let mut ends = LoginCounts { sessions: begin.promised.sessions, tokens: begin.promised.tokens };
        let mut users = begin.promised.users;
        if let Some(own) = &own {
            ends += own.count()?;
            users += u64::from(!logins.iter().any(|login| login.user_id == own.user_id));
        }
        let skipped = counts.skipped() + u64::from(left_out);
        let record = new_record(&actor, (&begin.id, END_LOGINS), (users, ends), skipped, now);
        let what = Detail::Bulk { action: END_LOGINS, users };
        let event = new_event(now, EventKind::BulkAction).by(&actor).saying(what);
        let event = event.because(EndReason::ForcedOut, &begin.reasons);
        // A filter leaves out the logins that staff may not act on. Whoever selects one by hand tries to act on it, so it
        // gets an event.
        let refused = if matches!(begin.choice.scope, LoginsScope::Ids(_)) { counts.out_of_reach } else { 0 };
        let is_new = self.start_bulk(&actor, record, event, refused).await?;
        let run = || BulkRun::Logins(Box::new(LoginsRun { accounts: self.clone(), actor, begin, logins, own }));
        Ok(if is_new { Begun::Run(Box::new(run())) } else { Begun::Already })
    }
}
