//! The whole site on a database of its own, called through Rocket's local client.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
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
    Build, Rocket, Route,
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
    store::{Database, Engine, engines, is_soak, project},
};

/// The `Host` of every request.
pub const HOST: &str = "curfew.test";
/// The address of the trusted proxy.
pub const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The secret key of every site that names no other: a site that is started again on its database keeps its key.
static KEYS: LazyLock<SecretKeys> =
    LazyLock::new(|| SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() });
/// The default password.
pub const PASSWORD: &str = "tangerine lamp over water";

/// The configuration of a site before it is built.
#[derive(Debug)]
pub struct Plan {
    pub settings: Settings,
    pub keys: SecretKeys,
    /// The Redis shared with other nodes.
    pub redis: Option<RedisAddress>,
    /// Extra routes for the test, under `/probe`.
    pub probes: Vec<Route>,
    /// Whether background tasks run on their own schedule. Most tests run them explicitly instead: recorded activity is
    /// written before the next request.
    pub keeps_itself: bool,
}

impl Default for Plan {
    fn default() -> Self {
        let settings =
            Settings { bcrypt_cost: 4, check: check(), trusted_proxies: vec![PROXY.into()], ..Settings::default() };
        Self { settings, keys: KEYS.clone(), redis: None, probes: Vec::new(), keeps_itself: false }
    }
}

/// How the guard checks logins by default: from memory, unless `CURFEW_TEST_CHECK` is `every-request`.
fn check() -> Check {
    match std::env::var("CURFEW_TEST_CHECK").as_deref() {
        Ok("every-request") => Check::EveryRequest,
        Ok("cached") | Err(_) => Check::Cached,
        Ok(other) => panic!("CURFEW_TEST_CHECK is {other:?}"),
    }
}

/// Every engine and every check mode, for tests of what ends a login; every combination of the two in a soak.
pub fn engines_and_checks() -> impl Iterator<Item = (Engine, Check)> {
    let pairs = engines().into_iter().flat_map(|engine| [(engine, Check::Cached), (engine, Check::EveryRequest)]);
    pairs.filter(|pair| is_soak() || *pair != (Engine::Postgres, Check::EveryRequest))
}

impl Plan {
    /// Builds the site on a fresh database.
    pub async fn on(self, engine: Engine) -> Site {
        self.over(Database::new(engine).await).await
    }

    /// Builds the site on an existing database.
    pub async fn over(self, database: Database) -> Site {
        let figment = Figment::from(rocket::Config { log_level: LogLevel::Off, ..rocket::Config::default() });
        let address = DatabaseAddress::parse(&database.url).expect("an address of a database");
        // On Postgres, the default is in the working directory.
        let mail_folder = Some(self.settings.mail_folder.unwrap_or_else(|| database.folder.path().join("mail")));
        let configuration = Configuration {
            settings: Settings { mail_folder, ..self.settings },
            database: address,
            redis: self.redis,
            mail_server: None,
            connections: None,
            figment,
        };
        let rocket = curfew::site::rocket(&configuration, &self.keys);
        let rocket = rocket.manage(Held::default()).mount("/probe", self.probes);
        let client = Client::untracked(rocket).await.expect("the site starts");
        if !self.keeps_itself {
            client.rocket().state::<Upkeep>().expect("the upkeep is managed").stop();
            let accounts = client.rocket().state::<Accounts>().expect("the use cases are managed");
            accounts.store().trust().waive_proof();
        }
        Site { client, database, given: AtomicU32::new(0), keeps_itself: self.keeps_itself }
    }
}

/// Runs a program that has attached Curfew, on a fresh database. The program is built with the settings of Curfew.
pub async fn host(engine: Engine, program: impl FnOnce(Figment) -> Rocket<Build>) -> Site {
    host_over(Database::new(engine).await, program).await
}

/// The settings of a program on this database.
pub fn settings_of_host(database: &Database) -> Figment {
    Figment::from(rocket::Config { log_level: LogLevel::Off, ..rocket::Config::default() })
        .merge(("secret_key", "hPRYyVRiMyxpw5sBB1XeCMN1kFsDCqKvBi2QJxBVHQk="))
        .merge(("template_dir", project().join("tests/host/templates")))
        .merge(("databases.curfew.url", &database.url))
        .merge(("curfew.bcrypt_cost", 4))
        .merge(("curfew.mail_folder", database.folder.path().join("mail")))
}

/// Like [`host`], on an existing database.
pub async fn host_over(database: Database, program: impl FnOnce(Figment) -> Rocket<Build>) -> Site {
    let client = Client::untracked(program(settings_of_host(&database))).await.expect("the program starts");
    client.rocket().state::<Upkeep>().expect("the upkeep is managed").stop();
    client.rocket().state::<Accounts>().expect("the use cases are managed").store().trust().waive_proof();
    Site { client, database, given: AtomicU32::new(0), keeps_itself: false }
}

/// A running site.
#[derive(Debug)]
pub struct Site {
    client: Client,
    pub database: Database,
    given: AtomicU32,
    keeps_itself: bool,
}

impl Site {
    /// A site with the default configuration on a fresh database.
    pub async fn on(engine: Engine) -> Self {
        Plan::default().on(engine).await
    }

    /// Stops the site and keeps its database.
    pub fn stop(self) -> Database {
        self.database
    }

    /// Shuts the site down as SIGTERM does and keeps its database.
    pub async fn shut_down(self) -> Database {
        self.client.terminate().await;
        self.database
    }

    /// The site's use cases.
    pub fn accounts(&self) -> &Accounts {
        self.database.is_changed_directly.store(true, Ordering::SeqCst);
        self.client.rocket().state().expect("the use cases are managed")
    }

    /// The client that all requests are sent by.
    pub fn client(&self) -> &Client {
        self.database.is_changed_directly.store(true, Ordering::SeqCst);
        &self.client
    }

    /// The instance of Rocket.
    pub fn rocket(&self) -> &rocket::Rocket<rocket::Orbit> {
        self.client.rocket()
    }

    /// Controls `/probe/hold`.
    pub fn held(&self) -> &Held {
        self.client.rocket().state().expect("managed state")
    }

    /// The site's background tasks.
    pub fn upkeep(&self) -> &Upkeep {
        self.client.rocket().state().expect("the upkeep is managed")
    }

    /// Shifts the site's clock forwards or backwards.
    pub fn shift_clock(&self, by: TimeDelta) {
        self.accounts().store().clock().shift(by);
    }

    /// Every mounted route.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.client.rocket().routes()
    }

    /// A person with a new browser, a new address and most often a new network, without an account.
    pub fn visitor(&self) -> Person<'_> {
        let number = self.given.fetch_add(1, Ordering::SeqCst);
        let [_, _, high, low] = number.to_be_bytes();
        Person::new(self, &format!("person{number}"), IpAddr::V4(Ipv4Addr::new(10, 1, low, high + 1)))
    }

    /// A person with an account of this role, not logged in.
    pub async fn person(&self, role: Role) -> Person<'_> {
        let mut person = self.visitor();
        person.id = self.make_account(&person, role).await;
        person
    }

    /// A person with this username and role, not logged in.
    pub async fn named(&self, name: &str, role: Role) -> Person<'_> {
        let mut person = self.visitor();
        person.name = name.to_owned();
        person.email = format!("{name}@example.org");
        person.id = self.make_account(&person, role).await;
        person
    }

    /// A person with an account of this role, logged in.
    pub async fn signed_in(&self, role: Role) -> Person<'_> {
        let mut person = self.person(role).await;
        person.logs_in().await.must_lead_to("/account");
        person
    }

    /// The id of the user with this name.
    pub async fn id_of(&self, name: &str) -> i64 {
        self.database.number(&format!("SELECT id FROM curfew_users WHERE username = '{name}'")).await
    }

    async fn make_account(&self, person: &Person<'_>, role: Role) -> i64 {
        let names = OwnNames { username: &person.name, email: &person.email, site_name: "" };
        let registration = Registration {
            username: Username::parse(&person.name).expect("a username"),
            email: Email::parse(&person.email).expect("an email"),
            password: NewPassword::parse(person.password.clone(), names, 8).expect("a password"),
        };
        let made = self.accounts().create_user(&Actor::operator("test"), &registration, role).await;
        made.expect("the account is created").id
    }

    /// Sends a request unchanged and reads the whole response.
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
            // If the database is gone, this is retried before the next request.
            let _ = self.accounts().flush_activity().await;
        }
        page
    }

    /// Sends a request unchanged; the response is not yet read.
    pub async fn begin(
        &self,
        (method, path): (Method, &str),
        from: IpAddr,
        jar: &Jar,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> LocalResponse<'_> {
        if self.database.is_changed_directly.swap(false, Ordering::SeqCst) {
            // The site notices changes made directly in the database within a second; tests must not wait that long.
            self.client.rocket().state::<Standings>().expect("managed state").catch_up().await;
        }
        let mut request = self.client.req(method, path.to_owned()).remote(SocketAddr::new(from, 50_000));
        for (name, value) in headers {
            request.add_header(Header::new(name, value));
        }
        for (name, value) in jar.sent() {
            // The local client ignores the `Cookie` header, so the header is parsed as Rocket parses it.
            if let Ok(cookie) = Cookie::parse_encoded(format!("{name}={value}")) {
                request = request.cookie(cookie);
            }
        }
        request.set_body(body);
        request.dispatch().await
    }
}
