//! `/session/events`: server-sent events that notify a page when its login ends or is scheduled to end, and pages of staff
//! when something has happened on the site.
//!
//! The stream checks the login with the same rule as the guards. It never counts as activity of the user.

use std::{pin::pin, time::Duration};

use chrono::TimeDelta;
use rand::RngExt as _;
use rocket::{
    Request, Shutdown, State,
    futures::Stream,
    get,
    http::ContentType,
    request::{FromRequest, Outcome},
    response::{
        self, Responder,
        stream::{Event, EventStream, stream},
    },
    tokio::{
        select,
        time::{Instant, sleep_until},
    },
};
use serde::Serialize;

use super::{
    Addresses, Changes, EndedLogin, LiveLogin, Login, Notice, Passive, Root,
    forms::came_from::came_from,
    login_of,
    refused::{Refused, UNAVAILABLE},
    staff_news::StaffNews,
    standings::watchers::Watchers,
};
use crate::{
    accounts::{Accounts, ClaimedLogin},
    domain::moment::Moment,
    store::standing::LoginStanding,
};

/// Proxies and mobile networks drop a connection that stays silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often a stream checks its login while the feed is alive and reports no change.
const CHECK_INTERVAL: Duration = Duration::from_mins(1);
/// How often a stream checks its login while the feed is down.
const CHECK_INTERVAL_WITHOUT_FEED: Duration = Duration::from_secs(1);
/// How long a browser waits before it reconnects with the new secret of its session.
const RETRY_AFTER_REPLACEMENT: Duration = Duration::from_secs(1);
/// When a stream checks its login again if a limit has passed and the login is live all the same.
const LATE_CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long a browser waits before it reconnects, in milliseconds. Random per stream, so that not all
/// browsers reconnect at once after a server restart.
const RETRY_MS: std::ops::Range<u64> = 1_000..6_000;
/// The write buffer of each stream. A longer event takes several writes.
const BUFFER_BYTES: usize = 512;

/// The guard of the stream: a live or an ended login. Visitors get 401.
#[derive(Debug)]
pub(super) struct WatchedLogin<'r> {
    login: Result<&'r LiveLogin, &'r EndedLogin>,
    next: String,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for WatchedLogin<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        request.local_cache(|| Passive(true));
        let login = match login_of(request).await {
            Login::Live(login) => Ok(&**login),
            Login::Ended(ended) => {
                // The page shows the reason at once. The login page, where it leads next, shows it again.
                Changes::of(request).leave_notice(Notice::ended(ended));
                Err(ended)
            }
            Login::Nobody => return Outcome::Error((rocket::http::Status::Unauthorized, Refused)),
            Login::Unavailable => return Outcome::Error(UNAVAILABLE),
        };
        let home = || Root::of(request).map_or_else(String::new, |root| root.link(Addresses::of(request).home));
        let next = came_from(request).map_or_else(home, |page| page.as_str().to_owned());
        Outcome::Success(Self { login, next })
    }
}

/// The data of the event `ended`.
#[derive(Debug, Serialize)]
struct Ended<'a> {
    reason: &'static str,
    message: &'static str,
    user_reason: Option<&'a str>,
    next: &'a str,
}

/// The data of the event `scheduled`. Without `at`, the schedule was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Scheduled {
    at: Option<Moment>,
    reason: Option<String>,
}

/// The data of the event `news`, for staff: when the newest event of the site happened. It says nothing else, because
/// the pages read what has happened with the guards of staff.
#[derive(Debug, Serialize)]
struct News {
    at: Moment,
}

/// An event stream with a small write buffer, because it is idle nearly all the time.
pub(super) struct SmallEventStream<S>(EventStream<S>);

impl<'r, S: Stream<Item = Event> + Send + 'r> Responder<'r, 'r> for SmallEventStream<S> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let mut response = self.0.respond_to(request)?;
        response.set_header(ContentType::EventStream.with_params(("charset", "utf-8")));
        response.set_max_chunk_size(BUFFER_BYTES);
        Ok(response)
    }
}

#[get("/session/events")]
pub(super) fn session_events<'r>(
    watched: WatchedLogin<'r>,
    accounts: &'r State<Accounts>,
    watchers: &'r State<Watchers>,
    mut shutdown: Shutdown,
) -> SmallEventStream<impl Stream<Item = Event> + Send + 'r> {
    let retry = Duration::from_millis(rand::rng().random_range(RETRY_MS));
    let stream = stream! {
        yield Event::retry(retry);
        let login = match watched.login {
            Ok(login) => login,
            Err(ended) => {
                yield ended_event(ended, &watched.next);
                return;
            }
        };
        let mut watch = watchers.watch(login.user_id, &login.session);
        let mut sent: Option<Scheduled> = None;
        let mut news = StaffNews::of(login, accounts);
        loop {
            let clock = accounts.store().clock();
            let mut clock_moved = pin!(clock.moved());
            // Boxed, so that the idle stream holds no memory for this future.
            let next_check_in = match Box::pin(judge(accounts, login)).await {
                Ok(Verdict::Live { scheduled, next_check_in }) => {
                    if sent != scheduled {
                        yield event("scheduled", &scheduled.clone().unwrap_or(Scheduled { at: None, reason: None }));
                        sent = scheduled;
                    }
                    next_check_in
                }
                // Whoever else has the old cookie must log in. The browser with the new one connects again by itself.
                Ok(Verdict::Replaced) => {
                    yield Event::retry(RETRY_AFTER_REPLACEMENT);
                    return;
                }
                Ok(Verdict::Ended(ended)) => {
                    yield ended_event(&ended, &watched.next);
                    return;
                }
                // The database did not answer. The stream grants no access, so it can keep running and retry.
                Err(_) => CHECK_INTERVAL_WITHOUT_FEED,
            };
            let interval = if watch.is_alive() { CHECK_INTERVAL } else { CHECK_INTERVAL_WITHOUT_FEED };
            let next_check = Instant::now() + next_check_in.min(interval);
            loop {
                select! {
                    is_open = watch.changed() => if is_open { break } else { return },
                    () = &mut clock_moved => break,
                    () = sleep_until(next_check) => break,
                    at = news.next() => yield event("news", &News { at }),
                    () = &mut shutdown => return,
                }
            }
        }
    };
    SmallEventStream(EventStream::from(stream).heartbeat(HEARTBEAT))
}

enum Verdict {
    /// `next_check_in` is the time until the login can end without a change to the database.
    Live {
        scheduled: Option<Scheduled>,
        next_check_in: Duration,
    },
    /// A password check has replaced the secret that opened the stream.
    Replaced,
    Ended(EndedLogin),
}

async fn judge(accounts: &Accounts, login: &LiveLogin) -> crate::store::Result<Verdict> {
    let standing = accounts.store().get_login_standing(login.user_id, &login.session).await?;
    let claimed = ClaimedLogin { user_id: login.user_id, session: &login.session, login_date: login.login_date };
    let (limits, verdict) = accounts.judge_login(claimed, &standing).await;
    let secret = standing.login.as_ref().map(|stored| &stored.secret_hash);
    Ok(match verdict {
        Ok(()) if secret != Some(&login.stored.secret_hash) => Verdict::Replaced,
        Ok(()) => {
            let stored = standing.login.as_ref().map_or(standing.now, |stored| stored.state.last_seen);
            let last_seen = accounts.last_seen(&login.session, stored);
            let ends = [(login.opened_at, limits.lifetime), (last_seen, limits.idle)];
            let ends =
                ends.into_iter().filter_map(|(from, limit)| from.checked_add_signed(TimeDelta::from_std(limit).ok()?));
            let scheduled = standing.scheduled().map(|(at, _)| at);
            let next = ends.chain(scheduled).min().unwrap_or(Moment::MAX_UTC);
            Verdict::Live {
                next_check_in: (next - standing.now).to_std().unwrap_or(LATE_CHECK_INTERVAL),
                scheduled: scheduled_end(&standing),
            }
        }
        Err(reason) => Verdict::Ended(EndedLogin { reason, user_reason: standing.user_reason(reason) }),
    })
}

fn scheduled_end(standing: &LoginStanding) -> Option<Scheduled> {
    standing.scheduled().map(|(at, reason)| Scheduled { at: Some(at), reason: reason.map(str::to_owned) })
}

fn ended_event(ended: &EndedLogin, next: &str) -> Event {
    let data = Ended {
        reason: ended.reason.code(),
        message: ended.reason.sentence(),
        user_reason: ended.user_reason.as_deref(),
        next,
    };
    event("ended", &data)
}

fn event(name: &'static str, data: &impl Serialize) -> Event {
    Event::data(serde_json::to_string(data).unwrap_or_default()).event(name)
}
