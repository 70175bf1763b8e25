//! Users who keep requesting their account page, and the check that no ended login is accepted too long.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use curfew::gate::FEED_MAX_AGE;
use rand::RngExt as _;
use rocket::tokio::{self, task::JoinHandle};

use crate::client::Outside;

/// The number of concurrent clients.
const AT_ONCE: usize = 12;
/// The pause between two requests of a client. It keeps the machine from being overloaded: the test measures how fast a
/// force logout is applied, not how long requests wait.
const PAUSE: Duration = Duration::from_millis(50);
/// Half of the requests come from the users forced out last, of whom this many are remembered.
const RECENT: usize = 40;

/// All users with a session.
#[derive(Debug)]
pub struct People {
    cookies: Vec<String>,
    state: Mutex<State>,
    asked: AtomicU64,
    asked_of_ended: AtomicU64,
    latest_accept: AtomicU64,
    is_over: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// Per user: when the force logout was requested.
    begun: Vec<Option<Instant>>,
    /// Per user: when the force logout was answered, and by which node.
    answered: Vec<Option<(Instant, String)>>,
    order: Vec<usize>,
    wrong: Vec<String>,
}

impl People {
    /// Starts with these sessions.
    pub fn with(cookies: Vec<String>) -> Arc<Self> {
        let state = State { begun: vec![None; cookies.len()], answered: vec![None; cookies.len()], ..State::default() };
        Arc::new(Self {
            cookies,
            state: Mutex::new(state),
            asked: AtomicU64::new(0),
            asked_of_ended: AtomicU64::new(0),
            latest_accept: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        })
    }

    /// The number of users.
    pub fn count(&self) -> usize {
        self.cookies.len()
    }

    /// A user's cookie.
    pub fn cookie(&self, person: usize) -> &str {
        &self.cookies[person]
    }

    /// From now on this user may be refused.
    pub fn force_logout_begins(&self, person: usize) {
        self.state().begun[person] = Some(Instant::now());
    }

    /// From now on this user must be refused by that node, and within the bound by the others.
    pub fn force_logout_is_answered(&self, person: usize, node: &str) {
        let mut state = self.state();
        state.answered[person] = Some((Instant::now(), node.to_owned()));
        state.order.push(person);
    }

    /// Runs the load until [`Self::stop`].
    pub fn come_back(self: &Arc<Self>, outside: &Outside) -> Vec<JoinHandle<()>> {
        let come = |_| {
            let (people, outside) = (Arc::clone(self), outside.clone());
            tokio::spawn(async move {
                while !people.is_over.load(Ordering::Relaxed) {
                    let person = people.somebody();
                    people.look(&outside, person).await;
                    tokio::time::sleep(PAUSE).await;
                }
            })
        };
        (0..AT_ONCE).map(come).collect()
    }

    /// Waits until the load has made so many requests of ended logins, however fast the force logouts were.
    pub async fn have_asked_of_ended(&self, enough: u64) {
        while self.asked_of_ended.load(Ordering::Relaxed) < enough {
            self.must_be_well();
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Stops the load. Fails the test if a user saw something wrong.
    pub async fn stop(&self, load: Vec<JoinHandle<()>>) {
        self.is_over.store(true, Ordering::Relaxed);
        for task in load {
            task.await.expect("no client panics");
        }
        self.is_over.store(false, Ordering::Relaxed);
        self.must_be_well();
    }

    /// Fails the test if a user saw something wrong.
    pub fn must_be_well(&self) {
        let state = self.state();
        assert!(
            state.wrong.is_empty(),
            "{} wrong: {:#?}",
            state.wrong.len(),
            &state.wrong[..state.wrong.len().min(20)]
        );
    }

    /// The number of requests, the number of those from ended logins, and how long after the response to a force logout
    /// another node last accepted a request.
    pub fn counts(&self) -> (u64, u64, Duration) {
        let latest = Duration::from_micros(self.latest_accept.load(Ordering::Relaxed));
        (self.asked.load(Ordering::Relaxed), self.asked_of_ended.load(Ordering::Relaxed), latest)
    }

    fn somebody(&self) -> usize {
        let mut random = rand::rng();
        let state = self.state();
        let lately = &state.order[state.order.len().saturating_sub(RECENT)..];
        if lately.is_empty() || random.random_bool(0.5) {
            random.random_range(0..self.cookies.len())
        } else {
            lately[random.random_range(0..lately.len())]
        }
    }

    async fn look(&self, outside: &Outside, person: usize) {
        let began = Instant::now();
        let answered = self.state().answered[person].clone();
        let page = outside.get("/account", &self.cookies[person]).await;
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.asked_of_ended.fetch_add(u64::from(answered.is_some()), Ordering::Relaxed);
        let mut state = self.state();
        let wrong = match (page.status, answered) {
            (200, None) => None,
            (200, Some((at, node))) => {
                let since = began - at;
                self.latest_accept.fetch_max(u64::try_from(since.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
                let is_late = page.node == node || since > FEED_MAX_AGE;
                is_late.then(|| {
                    format!("person {person} was let in {since:?} after the answer of {node} by {}", page.node)
                })
            }
            (303, _) if state.begun[person].is_some() => None,
            (303, _) => Some(format!("person {person} is innocent and was logged out by {}", page.node)),
            (status, _) => Some(format!("person {person} was answered {status} by {}", page.node)),
        };
        state.wrong.extend(wrong);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("the lock is not poisoned")
    }
}
