//! `/session/events`: a page is told at once that its login has ended, and that it will.
//!
//! The stream asks the same rule as the guard, and never counts as a request that the person made.

use std::time::Duration;

use chrono::TimeDelta;
use rand::RngExt as _;
use rocket::{
    Request, Shutdown, State,
    futures::Stream,
    get,
    request::{FromRequest, Outcome},
    response::{
        self, Responder,
        stream::{Event, EventStream, stream},
    },
    tokio::{select, time::sleep},
};
use serde::Serialize;

use super::{
    Changes, EndedLogin, LiveLogin, Login, Notice, Passive,
    forms::came_from::came_from,
    guards::{Refused, UNKNOWN},
    login_of,
    standings::watchers::Watchers,
};
use crate::{
    accounts::{Accounts, JudgedLogin},
    domain::{moment::Moment, next_path::NextPath},
    store::standing::LoginStanding,
};

/// A proxy, or a phone's network, forgets what is silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long a login is believed to be good while the feed says that nothing has changed.
const JUDGED_EVERY: Duration = Duration::from_mins(1);
/// The same, while nobody would say so.
const JUDGED_WITHOUT_FEED_EVERY: Duration = Duration::from_secs(1);
/// How long a browser waits before it comes back, in milliseconds: each another time, so that not
/// all come at once to a server that was started again.
const RETRY_MS: std::ops::Range<u64> = 1_000..6_000;

/// The buffer that each stream is written through; what is longer takes several turns.
const CHUNK_BYTES: usize = 512;

/// Somebody whose page wants to be told when their login ends; a visitor has none.
#[derive(Debug)]
pub(super) struct Watching<'r> {
    login: Result<&'r LiveLogin, &'r EndedLogin>,
    next: Option<NextPath>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Watching<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        request.local_cache(|| Passive(true));
        let login = match login_of(request).await {
            Login::Live(login) => Ok(&**login),
            Login::Ended(ended) => {
                // The page tells it at once; the login page, to which it leads, tells it too.
                Changes::of(request).leave_notice(Notice::ended(ended));
                Err(ended)
            }
            Login::Nobody => return Outcome::Error((rocket::http::Status::Unauthorized, Refused)),
            Login::Unknown => return Outcome::Error(UNKNOWN),
        };
        Outcome::Success(Self { login, next: came_from(request) })
    }
}

/// `ended`: the login is over.
#[derive(Debug, Serialize)]
struct Ended<'a> {
    reason: &'static str,
    message: &'static str,
    user_reason: Option<&'a str>,
    next: &'a str,
}

/// `scheduled`: it will be over; without a date it will not any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Scheduled {
    at: Option<Moment>,
    reason: Option<String>,
}

/// A stream that is asleep nearly always, and holds little room for what it will say.
pub(super) struct Quiet<S>(EventStream<S>);

impl<'r, S: Stream<Item = Event> + Send + 'r> Responder<'r, 'r> for Quiet<S> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let mut response = self.0.respond_to(request)?;
        response.set_max_chunk_size(CHUNK_BYTES);
        Ok(response)
    }
}

#[get("/session/events")]
pub(super) fn session_events<'r>(
    watching: Watching<'r>,
    accounts: &'r State<Accounts>,
    watchers: &'r State<Watchers>,
    mut shutdown: Shutdown,
) -> Quiet<impl Stream<Item = Event> + Send + 'r> {
    let retry = Duration::from_millis(rand::rng().random_range(RETRY_MS));
    let stream = stream! {
        yield Event::retry(retry);
        let login = match watching.login {
            Ok(login) => login,
            Err(ended) => {
                yield told_ended(ended, watching.next.as_ref());
                return;
            }
        };
        let mut watch = watchers.watch(login.user_id);
        let mut told = None;
        loop {
            let clock = accounts.store().clock();
            let clock_moved = clock.moved();
            // Boxed, since a stream is asleep nearly always and need not hold room for this.
            let rest = match Box::pin(judge(accounts, login)).await {
                Ok(Judged::Live { scheduled, rest }) => {
                    if told.as_ref().or(scheduled.as_ref()).is_some() && told != scheduled {
                        yield event("scheduled", &scheduled.clone().unwrap_or(Scheduled { at: None, reason: None }));
                        told = scheduled;
                    }
                    rest
                }
                Ok(Judged::Ended(ended)) => {
                    yield told_ended(&ended, watching.next.as_ref());
                    return;
                }
                // Nobody is let in by this, and nobody need be told that they are out.
                Err(_) => JUDGED_WITHOUT_FEED_EVERY,
            };
            let limit = if watch.is_alive() { JUDGED_EVERY } else { JUDGED_WITHOUT_FEED_EVERY };
            select! {
                () = watch.changed() => {}
                () = clock_moved => {}
                () = sleep(rest.min(limit)) => {}
                () = &mut shutdown => return,
            }
        }
    };
    Quiet(EventStream::from(stream).heartbeat(HEARTBEAT))
}

enum Judged {
    Live { scheduled: Option<Scheduled>, rest: Duration },
    Ended(EndedLogin),
}

async fn judge(accounts: &Accounts, login: &LiveLogin) -> crate::store::Result<Judged> {
    let standing = accounts.store().get_login_standing(login.user_id, &login.session).await?;
    let judged = JudgedLogin { user_id: login.user_id, session: &login.session, login_date: login.login_date };
    let (limits, verdict) = accounts.judge_login(judged, &standing).await;
    Ok(match verdict {
        Ok(()) => {
            let last_seen = standing.login.as_ref().map_or(standing.now, |stored| stored.state.last_seen);
            let ends = [(login.opened_at, limits.lifetime), (last_seen, limits.idle)];
            let ends =
                ends.into_iter().filter_map(|(from, limit)| from.checked_add_signed(TimeDelta::from_std(limit).ok()?));
            let scheduled = standing.scheduled().map(|(at, _)| at);
            let next = ends.chain(scheduled).min().unwrap_or(Moment::MAX_UTC);
            Judged::Live {
                rest: (next - standing.now).to_std().unwrap_or_default(),
                scheduled: told_scheduled(&standing),
            }
        }
        Err(reason) => Judged::Ended(EndedLogin { reason, user_reason: standing.user_reason(reason) }),
    })
}

fn told_scheduled(standing: &LoginStanding) -> Option<Scheduled> {
    standing.scheduled().map(|(at, reason)| Scheduled { at: Some(at), reason: reason.map(str::to_owned) })
}

fn told_ended(ended: &EndedLogin, next: Option<&NextPath>) -> Event {
    let told = Ended {
        reason: ended.reason.code(),
        message: ended.reason.sentence(),
        user_reason: ended.user_reason.as_deref(),
        next: next.map_or("/account", NextPath::as_str),
    };
    event("ended", &told)
}

fn event(name: &'static str, told: &impl Serialize) -> Event {
    Event::data(serde_json::to_string(told).unwrap_or_default()).event(name)
}
