//! Who is asking: found out once a request, and only when somebody wants to know.

use rocket::Request;

use super::judge::{Proof, Shown, judge};
use crate::{
    accounts::{Accounts, Actor, Client},
    domain::{
        logins::session_secret::SessionId, moment::Moment, people::role::Role, reason::EndReason, standing::Limits,
    },
    gate::{
        Changes,
        cookies::{SESSION, find_in_received, session_cookie::OpenedSession},
        standings::Standings,
        transport::gate,
    },
    store::standing::Account,
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
    /// The session, or the token.
    pub session: SessionId,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// When it was made, by the clock.
    pub opened_at: Moment,
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
pub struct Passive(pub(in crate::gate) bool);

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
    let changes = Changes::of(request);
    let name = SESSION.on(request);
    let (claim, to_renew) = match find_in_received(request, SESSION, |sealed| gate.seals.open_session(name, sealed)) {
        Some(OpenedSession::Claims(claim, to_renew)) => (claim, to_renew),
        Some(OpenedSession::Unreadable) => {
            changes.end_session();
            return Login::Nobody;
        }
        // What this site cannot open may be another's, whose login would end with it.
        None => return Login::Nobody,
    };
    let Some(standings) = request.rocket().state::<Standings>() else { return Login::Unknown };
    let shown = Shown {
        user_id: claim.user_id,
        session: &claim.session,
        login_date: claim.login_date,
        proof: Proof::Cookie(&claim.secret_hash),
    };
    match judge(accounts, standings, shown, Passive::is(request)).await {
        Ok(Login::Live(live)) => {
            if let Some(content) = to_renew {
                let left = claim
                    .remember
                    .then(|| (live.opened_at + live.limits.lifetime - live.now).to_std().unwrap_or_default());
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
