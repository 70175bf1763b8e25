//! People who use the site: members who look at their account, one who logs in, in a browser that the account knows and
//! in new ones, and a member of staff who forces that user out.

use std::{
    fmt, io,
    ops::AddAssign,
    sync::{
        Mutex,
        atomic::{AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use rocket::{
    futures::future::{join_all, join4},
    tokio::time::sleep,
};

use super::{
    LOGS_IN, PASSWORD, Place,
    caller::{Caller, Reply},
    staff::{Staff, session_of},
};

/// The blocks of networks that members are in, and that logins come from.
const MEMBERS_BLOCK: u8 = 10;
const LOGINS_BLOCK: u8 = 11;
/// How long a member reads a page.
const READING: Duration = Duration::from_millis(100);
/// The pause between two logins, and between two force logouts.
const BETWEEN_ACTS: Duration = Duration::from_secs(1);
/// The cookie of the accounts that a browser has logged in to.
const KNOWN: &str = "__Host-curfew-known=";

/// All of them.
#[derive(Debug)]
pub struct People {
    place: Place,
    members: Vec<Caller>,
    /// The network of the next login.
    network: AtomicU8,
    /// The cookie of a browser that has logged in before.
    known: String,
    /// The session of the last login in that browser.
    session: Mutex<Option<String>>,
    staff: Staff,
}

/// What they met.
#[derive(Debug, Default)]
pub struct Met {
    lasted: Duration,
    pages: Vec<Duration>,
    logins: Vec<Duration>,
    logins_of_strangers: Vec<Duration>,
    force_logouts: Vec<Duration>,
    /// Who was told to try again later: on a machine that is too slow for the attack, the site refuses rather than
    /// answers wrongly.
    refused: Vec<String>,
    wrong: Vec<String>,
}

impl People {
    /// Members with these cookies; the last one is not among them.
    pub async fn of(place: &Place) -> Self {
        let members = (1..place.cookies.len()).map(|n| u8::try_from(n).expect("few members"));
        let members = members.map(|n| Caller::from_network(place.outside, (MEMBERS_BLOCK, n))).collect();
        let people = Self {
            place: place.clone(),
            members,
            network: AtomicU8::new(0),
            known: String::new(),
            session: Mutex::new(None),
            staff: Staff::of(place).await,
        };
        let page = people.log_in("").await.expect("a first login");
        let known = page.cookies().find(|cookie| cookie.starts_with(KNOWN)).expect("a cookie");
        Self { known: known.to_owned(), ..people }
    }

    /// Uses the site for this long.
    pub async fn come(&self, how_long: Duration) -> Met {
        let end = Instant::now() + how_long;
        let members = join_all(self.members.iter().zip(&self.place.cookies).map(|(member, cookie)| {
            repeat(end, READING, ("/account", 200), async || member.get("/account", cookie).await)
        }));
        let logins = repeat(end, BETWEEN_ACTS, ("a login", 303), async || {
            let reply = self.log_in(&self.known).await?;
            *self.session.lock().expect("the lock is not poisoned") = session_of(&reply);
            Ok(reply)
        });
        let logins_of_strangers = repeat(end, BETWEEN_ACTS, ("a stranger's login", 303), || self.log_in(""));
        let force_logouts = repeat(end, BETWEEN_ACTS, ("a force logout", 303), || self.force_out());
        let (members, logins, logins_of_strangers, force_logouts) =
            join4(members, logins, logins_of_strangers, force_logouts).await;
        let mut met = Met { lasted: how_long, ..Met::default() };
        for (times, answers) in [
            (&mut met.logins, vec![logins]),
            (&mut met.logins_of_strangers, vec![logins_of_strangers]),
            (&mut met.force_logouts, vec![force_logouts]),
            (&mut met.pages, members),
        ] {
            for answers in answers {
                times.extend(answers.times);
                met.refused.extend(answers.refused);
                met.wrong.extend(answers.wrong);
            }
        }
        met
    }

    /// Forces out the user who logs in, and sees that the last session is refused.
    async fn force_out(&self) -> io::Result<Reply> {
        let session = self.session.lock().expect("the lock is not poisoned").take();
        let reply = self.staff.forces_out().await?;
        if reply.status == 303
            && let Some(session) = session
            && self.staff.sees_accepted(&session).await?
        {
            return Err(io::Error::other("the session is accepted afterwards"));
        }
        Ok(reply)
    }

    /// Logs in from another network each time, with the cookies that the browser has.
    async fn log_in(&self, cookies: &str) -> io::Result<Reply> {
        let network = self.network.fetch_add(1, Ordering::Relaxed);
        let caller = Caller::from_network(self.place.outside, (LOGINS_BLOCK, network));
        let form = caller.open_form("/login", cookies).await?;
        caller.post("/login", &form, &[("username", LOGS_IN), ("password", PASSWORD)]).await
    }
}

/// The answers to one person.
#[derive(Debug, Default)]
struct Answers {
    times: Vec<Duration>,
    refused: Vec<String>,
    wrong: Vec<String>,
}

/// Asks until `end`, with a pause after each answer, which should have the status `wanted`.
async fn repeat(
    end: Instant,
    pause: Duration,
    (what, wanted): (&str, u16),
    ask: impl AsyncFn() -> io::Result<Reply>,
) -> Answers {
    let mut answers = Answers::default();
    while Instant::now() < end {
        let asked = Instant::now();
        match ask().await {
            Ok(reply) if reply.status == wanted => answers.times.push(asked.elapsed()),
            Ok(reply) if reply.status == 503 => answers.refused.push(format!("{what}: {}", reply.outcome())),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => answers.refused.push(format!("{what}: too late")),
            other => answers.wrong.push(format!("{what}: {:?}", other.map(|reply| reply.outcome()))),
        }
        sleep(pause).await;
    }
    answers
}

impl Met {
    /// Pages per second.
    #[allow(clippy::cast_precision_loss, reason = "a few thousand pages")]
    pub fn rate(&self) -> f64 {
        self.pages.len() as f64 / self.lasted.as_secs_f64()
    }

    /// The longest time that a login took: in a known browser, and in a new one.
    pub fn slowest_logins(&self) -> [Duration; 2] {
        [&self.logins, &self.logins_of_strangers].map(|times| times.iter().copied().max().unwrap_or_default())
    }

    /// The longest time that a force logout took.
    pub fn slowest_force_logout(&self) -> Duration {
        self.force_logouts.iter().copied().max().unwrap_or_default()
    }

    /// Fails the test if anybody got a wrong answer. One that comes too late is printed, because no test asserts a time.
    pub fn must_be_well(&self) {
        assert!(self.wrong.is_empty(), "{} wrong: {:#?}", self.wrong.len(), &self.wrong[..self.wrong.len().min(20)]);
        assert!(!self.pages.is_empty() && !self.force_logouts.is_empty(), "nobody came");
    }
}

impl AddAssign for Met {
    fn add_assign(&mut self, other: Self) {
        self.lasted += other.lasted;
        self.pages.extend(other.pages);
        self.logins.extend(other.logins);
        self.logins_of_strangers.extend(other.logins_of_strangers);
        self.force_logouts.extend(other.force_logouts);
        self.refused.extend(other.refused);
        self.wrong.extend(other.wrong);
    }
}

impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |times: &[Duration], hundredths: usize| {
            let mut times = times.to_vec();
            times.sort_unstable();
            let at = times.len().saturating_sub(1) * hundredths / 100;
            times.get(at).map_or(0, Duration::as_millis)
        };
        let times = |times: &[Duration]| {
            format!("median {} ms, 99 % {} ms, slowest {} ms", part(times, 50), part(times, 99), part(times, 100))
        };
        write!(f, "{:.0} pages per second, {}; ", self.rate(), times(&self.pages))?;
        write!(f, "{} logins in a known browser, {}; ", self.logins.len(), times(&self.logins))?;
        let strangers = &self.logins_of_strangers;
        write!(f, "{} in new browsers, {}; ", strangers.len(), times(strangers))?;
        write!(f, "{} force logouts, {}; ", self.force_logouts.len(), times(&self.force_logouts))?;
        write!(f, "refused (goal: none): {:?}", self.refused)
    }
}
