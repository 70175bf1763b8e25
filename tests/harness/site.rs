//! The whole site over a database of its own, asked through Rocket's local client.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicU32, Ordering},
};

use chrono::TimeDelta;
use curfew::{
    accounts::{Accounts, Actor, Registration},
    domain::people::{
        email::Email,
        password::{NewPassword, OwnNames},
        role::Role,
        username::Username,
    },
    gate::Standings,
    settings::{Check, Configuration, DatabaseAddress, RedisAddress, SecretKeys, SecretMaterial, Settings},
    site::Upkeep,
};
use rocket::{
    Route,
    config::LogLevel,
    figment::Figment,
    http::{Cookie, Header, Method},
    local::asynchronous::{Client, LocalResponse},
};

use super::{
    jar::Jar,
    page::Page,
    person::Person,
    probes::Held,
    store::{Database, Engine, engines},
};

/// The host that every request names.
pub const HOST: &str = "curfew.test";
/// Where a proxy stands that the site trusts.
pub const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The password of everybody who has not been given another.
pub const PASSWORD: &str = "tangerine lamp over water";

/// How a site is to be, before it is built.
#[derive(Debug)]
pub struct Plan {
    /// Its settings.
    pub settings: Settings,
    /// Its keys.
    pub keys: SecretKeys,
    /// The Redis that it shares with other nodes.
    pub redis: Option<RedisAddress>,
    /// Routes of the test's own, under `/probe`.
    pub probes: Vec<Route>,
    /// Whether it does by itself, at its own time, what it does by itself. The tests would rather
    /// know when: what a request has noted is written before the next one.
    pub keeps_itself: bool,
}

impl Default for Plan {
    fn default() -> Self {
        let settings =
            Settings { bcrypt_cost: 4, check: check(), trusted_proxies: vec![PROXY.into()], ..Settings::default() };
        let keys = SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() };
        Self { settings, keys, redis: None, probes: Vec::new(), keeps_itself: false }
    }
}

/// How the guard judges where a test does not choose: from memory, unless `CURFEW_TEST_CHECK` is `every-request`.
fn check() -> Check {
    match std::env::var("CURFEW_TEST_CHECK").as_deref() {
        Ok("every-request") => Check::EveryRequest,
        Ok("cached") | Err(_) => Check::Cached,
        Ok(other) => panic!("CURFEW_TEST_CHECK is {other:?}"),
    }
}

/// Every engine with every way to judge: for tests of what ends a login.
pub fn engines_and_checks() -> impl Iterator<Item = (Engine, Check)> {
    engines().into_iter().flat_map(|engine| [(engine, Check::Cached), (engine, Check::EveryRequest)])
}

impl Plan {
    /// Builds the site on a fresh database.
    pub async fn on(self, engine: Engine) -> Site {
        self.over(Database::new(engine).await).await
    }

    /// Builds the site over a database that is there.
    pub async fn over(self, database: Database) -> Site {
        let figment = Figment::from(rocket::Config { log_level: LogLevel::Off, ..rocket::Config::default() });
        let address = DatabaseAddress::parse(&database.url).expect("an address of a database");
        let configuration =
            Configuration { settings: self.settings, database: address, redis: self.redis, connections: None, figment };
        let rocket = curfew::site::rocket(&configuration, &self.keys).expect("the folders are there");
        let rocket = rocket.manage(Held::default()).mount("/probe", self.probes);
        let client = Client::untracked(rocket).await.expect("the site starts");
        if !self.keeps_itself {
            client.rocket().state::<Upkeep>().expect("the upkeep is there").stop();
            let accounts = client.rocket().state::<Accounts>().expect("the use cases are there");
            accounts.store().trust().needs_no_proof();
        }
        Site { client, database, given: AtomicU32::new(0), keeps_itself: self.keeps_itself }
    }
}

/// A site that serves.
#[derive(Debug)]
pub struct Site {
    client: Client,
    /// Its database.
    pub database: Database,
    given: AtomicU32,
    keeps_itself: bool,
}

impl Site {
    /// A site as it comes, on a fresh database.
    pub async fn on(engine: Engine) -> Self {
        Plan::default().on(engine).await
    }

    /// Stops it; its database stays.
    pub fn stop(self) -> Database {
        self.database
    }

    /// Stops it as a polite signal does; its database stays.
    pub async fn shut_down(self) -> Database {
        self.client.terminate().await;
        self.database
    }

    /// The use cases behind it.
    pub fn accounts(&self) -> &Accounts {
        self.database.is_touched.store(true, Ordering::SeqCst);
        self.client.rocket().state().expect("the use cases are there")
    }

    /// Where `/probe/hold` is held.
    pub fn held(&self) -> &Held {
        self.client.rocket().state().expect("it is managed")
    }

    /// What it does by itself.
    pub fn upkeep(&self) -> &Upkeep {
        self.client.rocket().state().expect("the upkeep is there")
    }

    /// Puts its clock forward, or back.
    pub fn shift_clock(&self, by: TimeDelta) {
        self.accounts().store().clock().shift(by);
    }

    /// Every route that is mounted, but for the one before all others, which only passes on or refuses
    /// (`tests/cli/odd_requests.rs`).
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.client.rocket().routes().filter(|route| route.uri != "/<_..>")
    }

    /// Somebody with a browser of their own, at an address of their own, without an account.
    pub fn visitor(&self) -> Person<'_> {
        let number = self.given.fetch_add(1, Ordering::SeqCst);
        let [_, _, high, low] = number.to_be_bytes();
        Person::new(self, &format!("person{number}"), IpAddr::V4(Ipv4Addr::new(10, 1, high, low)))
    }

    /// Somebody with an account of that role, not logged in.
    pub async fn person(&self, role: Role) -> Person<'_> {
        let mut person = self.visitor();
        person.id = self.make_account(&person, role).await;
        person
    }

    /// Somebody of that role, with a name of the test's choice, not logged in.
    pub async fn named(&self, name: &str, role: Role) -> Person<'_> {
        let mut person = self.visitor();
        person.name = name.to_owned();
        person.email = format!("{name}@example.org");
        person.id = self.make_account(&person, role).await;
        person
    }

    /// Somebody of that role, logged in.
    pub async fn signed_in(&self, role: Role) -> Person<'_> {
        let mut person = self.person(role).await;
        person.logs_in().await.must_lead_to("/account");
        person
    }

    /// The number of the account with that username.
    pub async fn id_of(&self, name: &str) -> i64 {
        self.database.number(&format!("SELECT id FROM curfew_users WHERE username = '{name}'")).await
    }

    async fn make_account(&self, person: &Person<'_>, role: Role) -> i64 {
        let names = OwnNames { username: &person.name, email: &person.email, site_name: "" };
        let registration = Registration {
            username: Username::parse(&person.name).expect("a username"),
            email: Email::parse(&person.email).expect("an email"),
            password: NewPassword::parse(person.password.clone(), names).expect("a password"),
        };
        let made = self.accounts().create_user(&Actor::operator("test"), &registration, role).await;
        made.expect("the account is made").id
    }

    /// Sends a request as it is, and reads the answer to its end.
    pub async fn send(
        &self,
        address: (Method, &str),
        from: IpAddr,
        jar: &Jar,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Page {
        let page = Page::of(self.begin(address, from, jar, headers, body).await).await;
        if !self.keeps_itself {
            // Where the database is gone, it waits for the next request.
            let _ = self.accounts().flush_activity().await;
        }
        page
    }

    /// Sends a request as it is; its answer is still to be read.
    pub async fn begin(
        &self,
        (method, path): (Method, &str),
        from: IpAddr,
        jar: &Jar,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> LocalResponse<'_> {
        if self.database.is_touched.swap(false, Ordering::SeqCst) {
            // What a test has done behind the site's back is obeyed within a second; no test waits so long.
            self.client.rocket().state::<Standings>().expect("it is managed").catch_up().await;
        }
        let mut request = self.client.req(method, path.to_owned()).remote(SocketAddr::new(from, 50_000));
        for (name, value) in headers {
            request.add_header(Header::new(name, value));
        }
        for (name, value) in jar.sent() {
            // The local client reads no `Cookie` header; this is how Rocket takes one apart.
            if let Ok(cookie) = Cookie::parse_encoded(format!("{name}={value}")) {
                request = request.cookie(cookie);
            }
        }
        request.set_body(body);
        request.dispatch().await
    }
}
