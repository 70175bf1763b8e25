//! Judging what a request shows, a cookie or a token: from memory where that accepts, and by the one rule.

use crate::{
    accounts::{Accounts, ActivityOf, JudgedLogin},
    domain::{
        logins::{
            kind::LoginKind,
            session_secret::{SecretHash, SessionId},
        },
        moment::Moment,
        reason::EndReason,
        standing::Limits,
    },
    gate::{EndedLogin, LiveLogin, Login, ScheduledEnd, standings::Standings},
    store::{StoreError, standing::LoginStanding},
};

/// What a request shows to be let in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    /// Whose login it says that it is.
    pub(in crate::gate) user_id: i64,
    /// The session, or the token.
    pub(in crate::gate) session: &'a SessionId,
    /// `LAST_LOGIN_DATE`.
    pub(in crate::gate) login_date: Moment,
    /// Why that is to be believed.
    pub(in crate::gate) proof: Proof<'a>,
}

/// Why it is to be believed whose login it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Proof<'a> {
    /// A cookie of ours holds the session's secret, of that hash.
    Cookie(&'a SecretHash),
    /// The opaque token has that hash.
    Token(&'a SecretHash),
    /// A JWT has our signature.
    Signature,
}

/// From memory where that accepts; whatever it does not is the database's to say.
pub(super) async fn judge(
    accounts: &Accounts,
    standings: &Standings,
    shown: Shown<'_>,
    is_passive: bool,
) -> Result<Login, StoreError> {
    let login = JudgedLogin { user_id: shown.user_id, session: shown.session, login_date: shown.login_date };
    if let Some(known) = standings.known(shown.user_id, shown.session).filter(|known| is_own(shown, known))
        && let (limits, Ok(())) = accounts.check_login(login, &known)
    {
        return Ok(accepted(accounts, standings, shown, (known, limits), is_passive));
    }
    let mut found = standings.read(shown.user_id, shown.session).await?;
    if !is_own(shown, &found.standing) {
        found.standing.login = None;
    }
    let (limits, verdict) = accounts.judge_login(login, &found.standing).await;
    Ok(match verdict {
        Ok(()) => {
            standings.keep(shown.user_id, shown.session, &found);
            accepted(accounts, standings, shown, (found.standing, limits), is_passive)
        }
        Err(reason) => Login::Ended(EndedLogin { reason, user_reason: found.standing.user_reason(reason) }),
    })
}

/// The session's name is public; without the secret it is nobody's. Nor is it with another date: who
/// has a key that leaked could otherwise make their own login later than a force logout. And what opens
/// one kind of login opens no other.
fn is_own(shown: Shown<'_>, standing: &LoginStanding) -> bool {
    standing.login.as_ref().is_some_and(|login| {
        let is_proven = match (shown.proof, login.kind) {
            (Proof::Cookie(hash), LoginKind::Browser) | (Proof::Token(hash), LoginKind::Opaque) => {
                hash.matches(&login.secret_hash)
            }
            (Proof::Signature, LoginKind::Jwt) => true,
            _ => false,
        };
        is_proven && login.login_date == shown.login_date
    })
}

fn accepted(
    accounts: &Accounts,
    standings: &Standings,
    shown: Shown<'_>,
    (standing, limits): (LoginStanding, Limits),
    is_passive: bool,
) -> Login {
    let scheduled =
        standing.scheduled().map(|(at, reason)| ScheduledEnd { at, user_reason: reason.map(str::to_owned) });
    let LoginStanding { account: Some(account), login: Some(login), now, .. } = standing else {
        return Login::Ended(EndedLogin { reason: EndReason::Expired, user_reason: None });
    };
    let (opened_at, last_seen) = (login.state.opened_at, login.state.last_seen);
    if !is_passive {
        let Shown { user_id, session, .. } = shown;
        if accounts.saw(ActivityOf { user_id, session, limits, at: now }, last_seen) {
            standings.seen(user_id, session, now);
        }
    }
    Login::Live(Box::new(LiveLogin {
        user_id: shown.user_id,
        account,
        session: shown.session.clone(),
        login_date: shown.login_date,
        opened_at,
        last_seen,
        remember: login.remember,
        address: login.address,
        user_agent: login.user_agent,
        limits,
        scheduled,
        now,
    }))
}
