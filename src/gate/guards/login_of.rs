//! Authenticates a request by its session cookie, at most once per request and only on demand.

use rocket::{Request, http::Method};

use super::{
    forged::record_forged_cookie,
    judge::{Credential, Judged, Proof, judge},
};
use crate::{
    accounts::{Accounts, CookieFault},
    domain::people::role::Role,
    gate::{
        Changes, Login,
        cookies::{changes::GuardedAs, find_cookie, names::Name, session_cookie::DecryptedSession},
        root::is_for_secret,
        standings::Standings,
        transport::gate,
    },
};

/// Marks a request that a script made without the user, such as an event stream. A passive request does not count
/// as activity, its errors are not answered with a page, and it takes no notice that is meant for the user's next page.
#[derive(Debug)]
pub struct Passive(pub(in crate::gate) bool);

/// The header with which a script says that its request is passive.
const PASSIVE_HEADER: &str = "X-Passive";

impl Passive {
    /// Whether the request is passive.
    #[must_use]
    pub fn is(request: &Request<'_>) -> bool {
        request.local_cache(|| Self(has_header(request))).0
    }

    /// Whether the request is passive if a live login of this role sends it. Only pages of staff read themselves again,
    /// so the header hides nobody else from the list of logins, and costs them no lookup.
    fn of(request: &Request<'_>, role: Role) -> bool {
        request.local_cache(|| Self(role.is_staff() && has_header(request))).0
    }
}

fn has_header(request: &Request<'_>) -> bool {
    request.method() == Method::Get && request.headers().contains(PASSIVE_HEADER)
}

/// The login of a request. The first call judges the session cookie, if there is one. Later calls in the same
/// request return the same result. At an address that ends with a secret, it is [`Login::Nobody`].
pub async fn login_of<'r>(request: &'r Request<'_>) -> &'r Login {
    request.local_cache_async(load(request)).await
}

async fn load(request: &Request<'_>) -> Login {
    let (Some(gate), Some(accounts)) = (gate(request), request.rocket().state::<Accounts>()) else {
        return Login::Unavailable;
    };
    let changes = Changes::of(request);
    changes.note_guard(GuardedAs::Asked);
    // Whoever has a link may use it. Nobody must be able to stop that by ending the login of this browser.
    if is_for_secret(request) {
        return Login::Nobody;
    }
    let name = Name::Session.on(request);
    let (claim, content_to_renew) =
        match find_cookie(request, Name::Session, |encrypted| gate.cookie_keys.decrypt_session(name, encrypted)) {
            Some(DecryptedSession::Claims(claim, content_to_renew)) => (claim, content_to_renew),
            Some(DecryptedSession::Unreadable) => {
                changes.end_session();
                Box::pin(record_forged_cookie(request, CookieFault::Unreadable, None)).await;
                return Login::Nobody;
            }
            // This may be the cookie of another site on this host. Removing it would end the login there.
            None => {
                let is_altered = |encrypted: &str| gate.cookie_keys.is_altered_copy(encrypted).then_some(());
                if find_cookie(request, Name::Session, is_altered).is_some() {
                    Box::pin(record_forged_cookie(request, CookieFault::Altered, None)).await;
                }
                return Login::Nobody;
            }
        };
    let Some(standings) = request.rocket().state::<Standings>() else { return Login::Unavailable };
    let credential = Credential {
        user_id: claim.user_id,
        session: &claim.session,
        login_date: claim.login_date,
        proof: Proof::Cookie(&claim.secret_hash),
    };
    let judged = judge(accounts, standings, credential, |role| Passive::of(request, role)).await;
    if matches!(judged, Ok(Judged { is_false_claim: true, .. })) {
        Box::pin(record_forged_cookie(request, CookieFault::FalseClaim, Some(&claim))).await;
    }
    match judged.map(|judged| judged.login) {
        Ok(Login::Live(live)) => {
            if let Some(content) = content_to_renew {
                let max_age = claim
                    .remember
                    .then(|| (live.opened_at + live.limits.lifetime - live.now).to_std().unwrap_or_default());
                changes.renew_session(content, max_age);
            }
            Login::Live(live)
        }
        Ok(login @ (Login::Nobody | Login::Unavailable)) => login,
        Ok(login @ Login::Ended(_)) => {
            changes.end_session();
            login
        }
        Err(error) => {
            log::error!("could not judge a session: {error}");
            Login::Unavailable
        }
    }
}
