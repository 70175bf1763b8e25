//! The attacks. Each is bounded: by the number of addresses, and by the rate of each.

use std::{
    collections::BTreeMap,
    fmt, io,
    ops::AddAssign,
    sync::{Arc, Mutex},
    time::Duration,
};

use rand::RngExt as _;
use rocket::tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Handle,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{
    Place,
    caller::{Caller, Form, Reply},
};
use crate::nginx::HOST;

/// The attackers' networks, with one address each.
const NETWORKS: u8 = 200;
const BLOCK: u8 = 1;
/// How often each address registers, and how often it tries a password.
const EACH: Duration = Duration::from_secs(4);
/// How long a guesser waits before it hangs up.
const HANGING_UP: Duration = Duration::from_millis(50);
/// How many slow connections of each kind the server itself has.
const SLOW_INSIDE: usize = 50;
/// How often one login opens a stream, and how often one member asks for a page of staff, in each of its connections.
const STREAMS_EVERY: Duration = Duration::from_millis(100);
const PAGES_EVERY: Duration = Duration::from_millis(20);
const PAGES_AT_ONCE: usize = 4;
/// Forty characters that take as long to score as a password hash.
const COSTLY: &str = "p4ssW0rdQwerty1234zxcvbnDr4g0nM0nk3yL3tm";
/// What each slow client sends, and then waits.
const SLOW: [(&str, &str); 4] = [
    ("silent connections", ""),
    ("half headers", "GET /login HTTP/1.1\r\nHost: example.org\r\nX-"),
    (
        "late bodies",
        "POST /login HTTP/1.1\r\nHost: example.org\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nusername=anna",
    ),
    ("late bodies of GET", "GET /login HTTP/1.1\r\nHost: example.org\r\nContent-Length: 100\r\n\r\n"),
];

/// What the attackers got, by attack and outcome.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<(&'static str, String), u64>);

/// What the attackers share.
#[derive(Debug)]
pub struct Shared {
    place: Place,
    tally: Mutex<Tally>,
}

impl Shared {
    pub fn new(place: &Place) -> Self {
        Self { place: place.clone(), tally: Mutex::default() }
    }

    pub fn tally(&self) -> Tally {
        std::mem::take(&mut self.tally.lock().expect("the lock is not poisoned"))
    }

    /// Starts every attack. None of them ends by itself.
    pub fn attack(self: &Arc<Self>, on: &Handle) {
        for network in 1..=NETWORKS {
            let caller = Caller::from_network(self.place.outside, (BLOCK, network));
            on.spawn(Arc::clone(self).registers(caller.clone()));
            on.spawn(Arc::clone(self).guesses_and_hangs_up(caller.clone()));
            for kind in SLOW {
                on.spawn(Arc::clone(self).is_slow(caller.clone(), kind));
            }
        }
        let inside = Caller::from_network(self.place.inside, (BLOCK, 1));
        for kind in SLOW.iter().cycle().take(SLOW.len() * SLOW_INSIDE) {
            on.spawn(Arc::clone(self).is_slow(inside.clone(), *kind));
        }
        on.spawn(Arc::clone(self).opens_streams());
        for _ in 0..PAGES_AT_ONCE {
            on.spawn(Arc::clone(self).floods_events());
        }
    }

    /// Registers with a password that is costly to score.
    async fn registers(self: Arc<Self>, caller: Caller) {
        let Some(form) = self.form(&caller, "/register").await else { return };
        let mut every = paced(EACH).await;
        loop {
            every.tick().await;
            let name = format!("x{:016x}", rand::random::<u64>());
            let email = format!("{name}@example.org");
            let fields = [("username", &*name), ("email", &*email), ("password", COSTLY), ("password_again", COSTLY)];
            let answer = caller.post("/register", &form, &fields).await;
            self.count("registrations", status(answer));
        }
    }

    /// Tries a wrong password, and does not wait for the answer.
    async fn guesses_and_hangs_up(self: Arc<Self>, caller: Caller) {
        let Some(form) = self.form(&caller, "/login").await else { return };
        let mut every = paced(EACH).await;
        loop {
            every.tick().await;
            let name = format!("x{:016x}", rand::random::<u64>());
            let request = form.filled("/login", &[("username", &name), ("password", "not the password")]);
            let sent = async {
                let mut connection = caller.connect().await?;
                connection.write_all(request.as_bytes()).await?;
                sleep(HANGING_UP).await;
                io::Result::Ok(())
            };
            self.count("guesses that hang up", outcome(sent.await));
        }
    }

    /// Sends the beginning of a request, waits until the connection ends, and begins again.
    async fn is_slow(self: Arc<Self>, caller: Caller, (kind, beginning): (&'static str, &str)) {
        loop {
            paced(EACH).await;
            let held = async {
                let mut connection = caller.connect().await?;
                connection.write_all(beginning.as_bytes()).await?;
                self.count(kind, "opened".to_owned());
                read_to_end(&mut connection).await
            };
            self.count(kind, outcome(held.await));
        }
    }

    /// Opens one event stream after the other, all with one login, and keeps them open.
    async fn opens_streams(self: Arc<Self>) {
        let caller = Caller::from_network(self.place.outside, (BLOCK, 1));
        let cookie = self.place.cookies.last().expect("a member").clone();
        let mut every = interval(STREAMS_EVERY);
        loop {
            every.tick().await;
            let (this, caller, cookie) = (Arc::clone(&self), caller.clone(), cookie.clone());
            rocket::tokio::spawn(async move {
                let request = format!("GET /session/events HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\n\r\n");
                let held = async {
                    let mut connection = caller.connect().await?;
                    connection.write_all(request.as_bytes()).await?;
                    this.count("streams of one login", "opened".to_owned());
                    read_to_end(&mut connection).await
                };
                this.count("streams of one login", outcome(held.await));
            });
        }
    }

    /// Asks for a page of staff, which is refused and recorded.
    async fn floods_events(self: Arc<Self>) {
        let caller = Caller::from_network(self.place.outside, (BLOCK, 2));
        let cookie = self.place.cookies.last().expect("a member").clone();
        let mut every = paced(PAGES_EVERY).await;
        loop {
            every.tick().await;
            let answer = caller.get("/admin/users/1", &cookie).await;
            self.count("pages of staff", status(answer));
        }
    }

    async fn form(&self, caller: &Caller, path: &str) -> Option<Form> {
        let form = caller.open_form(path, "").await;
        if let Err(error) = &form {
            self.count("forms", format!("{error:?}"));
        }
        form.ok()
    }

    fn count(&self, attack: &'static str, outcome: String) {
        *self.tally.lock().expect("the lock is not poisoned").0.entry((attack, outcome)).or_default() += 1;
    }
}

impl Tally {
    /// Fails the test if the server failed.
    pub fn must_be_well(&self) {
        let wrong = |outcome: &str| outcome.starts_with('5') && !outcome.starts_with("503");
        let wrong: Vec<_> = self.0.keys().filter(|(_, outcome)| wrong(outcome)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (key, count) in other.0 {
            *self.0.entry(key).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = "";
        for ((attack, outcome), count) in &self.0 {
            if *attack == last {
                write!(f, ", {count} {outcome}")?;
            } else {
                write!(f, "{}{attack}: {count} {outcome}", if last.is_empty() { "" } else { "; " })?;
            }
            last = attack;
        }
        Ok(())
    }
}

/// Ticks at this rate, from a random time on, and never makes up for what it missed.
async fn paced(every: Duration) -> rocket::tokio::time::Interval {
    let wait = every.mul_f64(rand::rng().random_range(0.0..1.0));
    sleep(wait).await;
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn read_to_end(connection: &mut TcpStream) -> io::Result<()> {
    let mut bytes = [0; 1024];
    while connection.read(&mut bytes).await? > 0 {}
    Ok(())
}

fn status(of: io::Result<Reply>) -> String {
    of.map_or_else(|error| error.kind().to_string(), |reply| reply.outcome())
}

fn outcome(of: io::Result<()>) -> String {
    of.map_or_else(|error| error.kind().to_string(), |()| "done".to_owned())
}
