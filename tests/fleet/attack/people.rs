//! People who use the site: members who look at their account, and one who logs in, in a browser that the account knows
//! and in new ones.

use std::{
    fmt, io,
    ops::AddAssign,
    sync::atomic::{AtomicU8, Ordering},
    time::{Duration, Instant},
};

use rocket::{
    futures::future::{join_all, join3},
    tokio::time::sleep,
};

use super::{
    LOGS_IN, PASSWORD, Place,
    caller::{Caller, Reply},
};

/// The blocks of networks that members are in, and that logins come from.
const MEMBERS_BLOCK: u8 = 10;
const LOGINS_BLOCK: u8 = 11;
/// How long a member reads a page.
const READING: Duration = Duration::from_millis(100);
/// The pause between two logins.
const BETWEEN_LOGINS: Duration = Duration::from_secs(1);
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
}

/// What they met.
#[derive(Debug, Default)]
pub struct Met {
    lasted: Duration,
    pages: Vec<Duration>,
    logins: Vec<Duration>,
    logins_of_strangers: Vec<Duration>,
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
        let people = Self { place: place.clone(), members, network: AtomicU8::new(0), known: String::new() };
        let page = people.log_in("").await.expect("a first login");
        let known = page.cookies().find(|cookie| cookie.starts_with(KNOWN)).expect("a cookie");
        Self { known: known.to_owned(), ..people }
    }

    /// Uses the site for this long.
    pub async fn come(&self, how_long: Duration) -> Met {
        let end = Instant::now() + how_long;
        let members = join_all(self.members.iter().zip(&self.place.cookies).map(async |(member, cookie)| {
            let mut met = Met::default();
            while Instant::now() < end {
                let asked = Instant::now();
                match member.get("/account", cookie).await {
                    Ok(page) if page.status == 200 => met.pages.push(asked.elapsed()),
                    Ok(page) if page.status == 503 => met.refused.push(format!("/account {}", page.outcome())),
                    Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                        met.refused.push("/account: too late".to_owned());
                    }
                    other => met.wrong.push(format!("/account: {:?}", other.map(|page| page.outcome()))),
                }
                sleep(READING).await;
            }
            met
        }));
        let logins = async {
            let mut met = Met::default();
            while Instant::now() < end {
                let asked = Instant::now();
                match self.log_in(&self.known).await {
                    Ok(page) if page.status == 303 => met.logins.push(asked.elapsed()),
                    Ok(page) if page.status == 503 => met.refused.push(format!("a login {}", page.outcome())),
                    Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                        met.refused.push("a login: too late".to_owned());
                    }
                    other => met.wrong.push(format!("a login: {:?}", other.map(|page| page.outcome()))),
                }
                sleep(BETWEEN_LOGINS).await;
            }
            met
        };
        let logins_of_strangers = async {
            let mut met = Met::default();
            while Instant::now() < end {
                let asked = Instant::now();
                match self.log_in("").await {
                    Ok(page) if page.status == 303 => met.logins_of_strangers.push(asked.elapsed()),
                    Ok(page) if page.status == 503 => {
                        met.refused.push(format!("a stranger's login {}", page.outcome()));
                    }
                    Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                        met.refused.push("a stranger's login: too late".to_owned());
                    }
                    other => met.wrong.push(format!("a stranger's login: {:?}", other.map(|page| page.outcome()))),
                }
                sleep(BETWEEN_LOGINS).await;
            }
            met
        };
        let (members, logins, strangers) = join3(members, logins, logins_of_strangers).await;
        let mut met = Met { lasted: how_long, ..logins };
        for member in members.into_iter().chain([strangers]) {
            met += member;
        }
        met
    }

    /// Logs in from another network each time, with the cookies that the browser has.
    async fn log_in(&self, cookies: &str) -> io::Result<Reply> {
        let network = self.network.fetch_add(1, Ordering::Relaxed);
        let caller = Caller::from_network(self.place.outside, (LOGINS_BLOCK, network));
        let form = caller.open_form("/login").await?;
        let form = form.with_cookie(cookies);
        caller.post("/login", &form, &[("username", LOGS_IN), ("password", PASSWORD)]).await
    }
}

impl Met {
    /// Pages per second.
    #[allow(clippy::cast_precision_loss, reason = "a few thousand pages")]
    pub fn rate(&self) -> f64 {
        self.pages.len() as f64 / self.lasted.as_secs_f64()
    }

    /// The longest time that a login took in a known browser.
    pub fn slowest_login(&self) -> Duration {
        self.logins.iter().copied().max().unwrap_or_default()
    }

    /// Fails the test if anybody got a wrong answer. One that comes too late is printed, because no test asserts a time.
    pub fn must_be_well(&self) {
        assert!(self.wrong.is_empty(), "{} wrong: {:#?}", self.wrong.len(), &self.wrong[..self.wrong.len().min(20)]);
        assert!(!self.pages.is_empty(), "nobody came");
    }
}

impl AddAssign for Met {
    fn add_assign(&mut self, other: Self) {
        self.lasted += other.lasted;
        self.pages.extend(other.pages);
        self.logins.extend(other.logins);
        self.logins_of_strangers.extend(other.logins_of_strangers);
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
        write!(f, "{} in new browsers, {}; refused (goal: none): {:?}", strangers.len(), times(strangers), self.refused)
    }
}
