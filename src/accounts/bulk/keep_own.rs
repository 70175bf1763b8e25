//! Ends the actor's other logins, and keeps the one that they act with.

use super::run::UsersRun;
use crate::{
    accounts::{
        LoginCounts, Result,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
    },
    domain::{event_kind::EventKind, moment::Moment, reason::EndReason},
    store::{
        Transaction,
        feed::Change,
        logins::{Ending, end_login, list_live_sessions, list_live_tokens},
    },
};

/// At most this many sessions and tokens are ended. A user who acts has few.
const MOST_ENDED: i64 = 5_000;

impl UsersRun {
    /// Ends the actor's other logins, or those of them that were made at `up_to` or before. Each row is ended by itself,
    /// because a force-logout date of the account would end the kept login too.
    pub(super) async fn end_own_others(
        &self,
        on: &mut Transaction,
        user_id: i64,
        up_to: Option<Moment>,
    ) -> Result<Option<LoginCounts>> {
        let (accounts, actor, reasons) = (&self.accounts, &self.actor, &self.begin.reasons);
        let Some(locked) = accounts.lock_account(on, user_id).await? else { return Ok(None) };
        let live = accounts.live_logins_after(&locked.user, locked.site, locked.now);
        let mut logins = list_live_sessions(on, user_id, &live, MOST_ENDED).await?;
        logins.extend(list_live_tokens(on, user_id, None, &live, (MOST_ENDED, 0)).await?);
        let mut ended = LoginCounts::default();
        let is_meant =
            |opened_at: Moment, login_date: Moment| up_to.is_none_or(|at| opened_at <= at || login_date <= at);
        for login in logins.iter().filter(|login| is_meant(login.opened_at, login.login_date)) {
            let id = login.id();
            let ending = Ending { at: locked.now, by: &actor.name, reason: EndReason::ForcedOut, reasons };
            if actor.session.as_ref() != Some(&id) && end_login(on, &id, ending).await? {
                ended += LoginCounts::of_class(login.kind()?.class(), 1);
            }
        }
        let event = new_event(locked.now, EventKind::ForceLogout)
            .by(actor)
            .to(user_id, &locked.user.username)
            .because(EndReason::ForcedOut, reasons)
            .ending(ended);
        insert_event_with_receipt(on, &event, Change::User(user_id)).await?;
        Ok(Some(ended))
    }
}
