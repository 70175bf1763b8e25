//! Who is asking: found out once a request, and only when somebody wants to know.

use rocket::Request;

use super::{
    Changes,
    cookies::{SESSION, received},
    session_cookie::Claim,
    standings::Standings,
    transport::gate,
};
use crate::{
    accounts::{Accounts, ActivityOf, Actor, Client, JudgedLogin},
    domain::{moment::Moment, reason::EndReason, role::Role, session_secret::SessionId, standing::Limits},
    store::{
        StoreError,
        standing::{Account, LoginStanding},
    },
};

/// What the session cookie of a request is worth.
#[derive(Debug)]
pub enum Login {
    /// There is none, or it was not ours.
    Nobody,
    /// It is good.
    Live(Box<LiveLogin>),
    /// It was good once.
    Ended(EndedLogin),
    /// The database does not answer; nobody is let in, and nobody loses their cookie.
    Unknown,
}

/// A login that the rule accepts.
#[derive(Debug, Clone)]
pub struct LiveLogin {
    /// Whose it is.
    pub user_id: i64,
    /// The account.
    pub account: Account,
    /// The session.
    pub session: SessionId,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// The latest request before this one, within a minute.
    pub last_seen: Moment,
    /// Whether its cookie outlives the browser.
    pub remember: bool,
    /// From where it was made.
    pub address: String,
    /// With what.
    pub user_agent: String,
    /// How long it may last.
    pub limits: Limits,
    /// The scheduled force logout that ends it, of the account or of the site.
    pub scheduled: Option<ScheduledEnd>,
    /// When this was read.
    pub now: Moment,
}

/// A scheduled end of a login.
#[derive(Debug, Clone)]
pub struct ScheduledEnd {
    /// When.
    pub at: Moment,
    /// Why, in the words that staff left for its person.
    pub user_reason: Option<String>,
}

/// A login that the rule refuses.
#[derive(Debug, Clone)]
pub struct EndedLogin {
    /// Why.
    pub reason: EndReason,
    /// Why, in the words that staff left for its person.
    pub user_reason: Option<String>,
}

impl LiveLogin {
    /// What its account may do.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.account.role
    }

    /// The person as the use cases know them.
    #[must_use]
    pub fn actor(&self, client: Client) -> Actor {
        Actor {
            user_id: Some(self.user_id),
            name: self.account.username.clone(),
            role: self.account.role,
            session: Some(self.session.clone()),
            client: Some(client),
        }
    }
}

/// Whether a request is one that a script made and not the person, such as a stream: it is no
/// activity, and no page answers it.
#[derive(Debug, Default)]
pub struct Passive(pub(super) bool);

impl Passive {
    /// Whether this request is one.
    #[must_use]
    pub fn is(request: &Request<'_>) -> bool {
        request.local_cache(Self::default).0
    }
}

/// Who is asking. The first call judges the session cookie, if there is one; the others of the same
/// request get its answer.
pub async fn login_of<'r>(request: &'r Request<'_>) -> &'r Login {
    request.local_cache_async(load(request)).await
}

async fn load(request: &Request<'_>) -> Login {
    let (Some(gate), Some(accounts)) = (gate(request), request.rocket().state::<Accounts>()) else {
        return Login::Unknown;
    };
    let Some(sealed) = received(request, SESSION) else { return Login::Nobody };
    let changes = Changes::of(request);
    let Some((claim, to_renew)) = gate.seals.open_session(SESSION.on(request), sealed) else {
        changes.end_session();
        return Login::Nobody;
    };
    let Some(standings) = request.rocket().state::<Standings>() else { return Login::Unknown };
    match judge(accounts, standings, &claim, Passive::is(request)).await {
        Ok(Login::Live(live)) => {
            if let Some(content) = to_renew {
                let left = claim
                    .remember
                    .then(|| (live.login_date + live.limits.lifetime - live.now).to_std().unwrap_or_default());
                changes.renew_session(content, left);
            }
            Login::Live(live)
        }
        Ok(login) => {
            changes.end_session();
            login
        }
        Err(error) => {
            log::error!("a session cannot be judged: {error}");
            Login::Unknown
        }
    }
}

/// From memory where that accepts; whatever it does not is the database's to say.
async fn judge(
    accounts: &Accounts,
    standings: &Standings,
    claim: &Claim,
    is_passive: bool,
) -> Result<Login, StoreError> {
    let login = JudgedLogin { user_id: claim.user_id, session: &claim.session, login_date: claim.login_date };
    if let Some(known) = standings.known(claim.user_id, &claim.session).filter(|known| is_own(claim, known))
        && let (limits, Ok(())) = accounts.check_login(login, &known)
    {
        return Ok(accepted(accounts, standings, claim, (known, limits), is_passive));
    }
    let mut found = standings.read(claim.user_id, &claim.session).await?;
    if !is_own(claim, &found.standing) {
        found.standing.session = None;
    }
    let (limits, verdict) = accounts.judge_login(login, &found.standing).await;
    Ok(match verdict {
        Ok(()) => {
            standings.keep(claim.user_id, &claim.session, &found);
            accepted(accounts, standings, claim, (found.standing, limits), is_passive)
        }
        Err(reason) => Login::Ended(EndedLogin { reason, user_reason: found.standing.user_reason(reason) }),
    })
}

/// The session's name is public; without the secret it is nobody's. Nor is it with another date: who
/// has a key that leaked could otherwise make their own login later than a force logout.
fn is_own(claim: &Claim, standing: &LoginStanding) -> bool {
    standing.session.as_ref().is_some_and(|session| {
        claim.secret_hash.matches(&session.secret_hash) && session.login_date == claim.login_date
    })
}

fn accepted(
    accounts: &Accounts,
    standings: &Standings,
    claim: &Claim,
    (standing, limits): (LoginStanding, Limits),
    is_passive: bool,
) -> Login {
    let scheduled =
        standing.scheduled().map(|(at, reason)| ScheduledEnd { at, user_reason: reason.map(str::to_owned) });
    let LoginStanding { account: Some(account), session: Some(session), now, .. } = standing else {
        return Login::Ended(EndedLogin { reason: EndReason::Expired, user_reason: None });
    };
    let last_seen = session.state.last_seen;
    if !is_passive {
        let (user_id, session) = (claim.user_id, &claim.session);
        if accounts.saw(ActivityOf { user_id, session, limits, at: now }, last_seen) {
            standings.seen(user_id, session, now);
        }
    }
    Login::Live(Box::new(LiveLogin {
        user_id: claim.user_id,
        account,
        session: claim.session.clone(),
        login_date: claim.login_date,
        last_seen,
        remember: session.remember,
        address: session.address,
        user_agent: session.user_agent,
        limits,
        scheduled,
        now,
    }))
}
