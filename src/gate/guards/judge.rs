//! Judges the credential of a request, a cookie or a token, by the one rule.
//!
//! The cached standing may only accept. Every refusal is decided by the database.

use crate::{
    accounts::{Accounts, ActivityOf, ClaimedLogin},
    domain::{
        logins::{kind::LoginKind, public_id::PublicId, session_secret::SecretHash},
        moment::Moment,
        people::role::Role,
        reason::EndReason,
        standing::Limits,
    },
    gate::{EndedLogin, LiveLogin, Login, ScheduledEnd, standings::Standings},
    store::{StoreError, standing::LoginStanding},
};

/// The login that a request claims, and the proof for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Credential<'a> {
    /// The claimed user id.
    pub(in crate::gate) user_id: i64,
    /// The public id of the session or token.
    pub(in crate::gate) session: &'a PublicId,
    /// The login's `LAST_LOGIN_DATE`, which the rule compares with force-logout dates.
    pub(in crate::gate) login_date: Moment,
    /// How the request proves the claim.
    pub(in crate::gate) proof: Proof<'a>,
}

/// How a request proves that it belongs to a login.
#[derive(Debug, Clone, Copy)]
pub(super) enum Proof<'a> {
    /// By a decrypted cookie whose session secret has this hash.
    Cookie(&'a SecretHash),
    /// By an opaque token with this hash.
    Token(&'a SecretHash),
    /// By a JWT whose signature was verified.
    Signature,
}

/// The result of judging a credential.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) login: Login,
    /// Whether the login exists, and the credential is not its own.
    pub(super) is_false_claim: bool,
}

/// Judges a credential: from the cache if that accepts it, otherwise from the database. A request that
/// `is_passive` for the account's role does not count as activity. A cookie whose secret was replaced is no login.
pub(super) async fn judge(
    accounts: &Accounts,
    standings: &Standings,
    credential: Credential<'_>,
    is_passive: impl FnOnce(Role) -> bool,
) -> Result<Judged, StoreError> {
    let login =
        ClaimedLogin { user_id: credential.user_id, session: credential.session, login_date: credential.login_date };
    if let Some(cached) =
        standings.cached(credential.user_id, credential.session).filter(|cached| is_proven(credential, cached))
        && let (limits, Ok(())) = accounts.check_login(login, &cached)
    {
        let login = accept(accounts, standings, credential, (cached, limits), is_passive);
        return Ok(Judged { login, is_false_claim: false });
    }
    // Boxed: otherwise each request would carry the room that this takes, and few requests need it.
    Box::pin(judge_from_database(accounts, standings, credential, is_passive)).await
}

async fn judge_from_database(
    accounts: &Accounts,
    standings: &Standings,
    credential: Credential<'_>,
    is_passive: impl FnOnce(Role) -> bool,
) -> Result<Judged, StoreError> {
    let login =
        ClaimedLogin { user_id: credential.user_id, session: credential.session, login_date: credential.login_date };
    let mut read = standings.read(credential.user_id, credential.session).await?;
    let is_proven = is_proven(credential, &read.standing);
    if !is_proven && has_old_secret(credential, &read.standing) && accounts.check_login(login, &read.standing).1.is_ok()
    {
        return Ok(Judged { login: Login::Nobody, is_false_claim: true });
    }
    let is_false_claim = read.standing.login.is_some() && !is_proven;
    if is_false_claim {
        read.standing.login = None;
    }
    let (limits, verdict) = accounts.judge_login(login, &read.standing).await;
    let login = match verdict {
        Ok(()) => {
            standings.cache(credential.user_id, credential.session, &read);
            accept(accounts, standings, credential, (read.standing, limits), is_passive)
        }
        Err(reason) => Login::Ended(EndedLogin { reason, user_reason: read.standing.user_reason(reason) }),
    };
    Ok(Judged { login, is_false_claim })
}

/// Whether the credential proves that the request belongs to the stored login.
///
/// - The public id alone proves nothing: the secret or the signature must match.
/// - The login date must match the stored one. Otherwise an attacker with a leaked key could date their login after a
///   force logout.
/// - Each proof is only good for its own kind of login.
fn is_proven(credential: Credential<'_>, standing: &LoginStanding) -> bool {
    standing.login.as_ref().is_some_and(|login| {
        let is_valid = match (credential.proof, login.kind) {
            (Proof::Cookie(hash), LoginKind::Browser) | (Proof::Token(hash), LoginKind::Opaque) => {
                hash.matches(&login.secret_hash)
            }
            (Proof::Signature, LoginKind::Jwt) => true,
            _ => false,
        };
        is_valid && login.login_date == credential.login_date
    })
}

/// Whether this is the cookie of a session that continues with a newer secret. It is left alone: if the browser sent it
/// just before it received the new one, a removal would log the user out.
fn has_old_secret(credential: Credential<'_>, standing: &LoginStanding) -> bool {
    standing.login.as_ref().is_some_and(|login| {
        matches!((credential.proof, login.kind), (Proof::Cookie(_), LoginKind::Browser))
            && login.login_date == credential.login_date
    })
}

fn accept(
    accounts: &Accounts,
    standings: &Standings,
    credential: Credential<'_>,
    (standing, limits): (LoginStanding, Limits),
    is_passive: impl FnOnce(Role) -> bool,
) -> Login {
    let scheduled =
        standing.scheduled().map(|(at, reason)| ScheduledEnd { at, user_reason: reason.map(str::to_owned) });
    let LoginStanding { account: Some(account), login: Some(stored), now, .. } = standing else {
        return Login::Ended(EndedLogin { reason: EndReason::Expired, user_reason: None });
    };
    if !is_passive(account.role) {
        let Credential { user_id, session, .. } = credential;
        if accounts.record_seen(ActivityOf { user_id, session, limits, at: now }, stored.state.last_seen) {
            standings.record_seen(user_id, session, now);
        }
    }
    Login::Live(Box::new(LiveLogin {
        user_id: credential.user_id,
        account,
        session: credential.session.clone(),
        login_date: credential.login_date,
        opened_at: stored.state.opened_at,
        remember: stored.remember,
        limits,
        scheduled,
        now,
        stored,
    }))
}
