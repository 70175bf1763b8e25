//! A site under attack: strangers and members attack it in every way at once, and other people go on using it.
//!
//! The attackers, nginx, the server and the people share this machine. So the attackers' threads have a lower priority,
//! and send at a bounded rate, from 200 addresses in networks of their own. The people are measured in turns without the
//! attack and under it. The figures are printed with their goals; only a wrong answer fails the test.

mod attackers;
mod caller;
mod people;
mod staff;
mod strangers;

use std::time::Duration;

use cookie::Key;
use curfew::settings::SecretMaterial;
use data_encoding::BASE64;
use rocket::tokio::{task::spawn_blocking, time::sleep};

use crate::{
    client::COOKIE,
    guides::block,
    nginx::{HOST, Nginx},
    program::{Program, Running},
    sessions::Sessions,
    store::{Database, engines, quick_or_soak},
    value,
};
use attackers::Attackers;
use people::{Met, People};

/// A strong password, used for everyone here who logs in.
pub const PASSWORD: &str = "tangerine-lamp-post";
/// The user who logs in again and again, each time from another network.
const LOGS_IN: &str = "vera";
/// The member of staff who forces that user out again and again.
const STAFF: &str = "rosa";
/// People with a session. The last one attacks.
const MEMBERS: u32 = 12;
/// How long the server has after an attack to finish what the attackers left.
const SETTLING: Duration = Duration::from_secs(2);

/// Where the site can be reached, and by whom.
#[derive(Debug, Clone)]
pub struct Place {
    /// The address of nginx.
    pub outside: std::net::SocketAddr,
    /// The server's own address.
    pub inside: std::net::SocketAddr,
    /// The session cookies of the members.
    pub cookies: Vec<String>,
}

#[rocket::async_test]
async fn others_are_served_while_everything_is_attacked_at_once() {
    for engine in engines() {
        let database = Database::new(engine).await;
        database.open().await.close().await;
        let key = BASE64.encode(&rand::random::<[u8; 64]>());
        let members = Sessions::of_new_people(&database, MEMBERS).await;
        members.log_in(1..=MEMBERS, "n").await;
        members.are_seen_now().await;
        let cookie_key: Key = SecretMaterial::parse(&key).expect("a key").cookie_key();
        let cookies =
            (1..=MEMBERS).map(|n| format!("{COOKIE}={}", value(&members.cookie_named(COOKIE, &cookie_key, n, n))));
        let cookies = cookies.collect();
        let server = Server::start(&database, &key);
        let site = block("# /etc/nginx/sites-available/curfew");
        // Without TLS, which would cost the load more than the site.
        let changes = [(" ssl;", ";".to_owned()), ("127.0.0.1:8000", server.address.to_string())];
        let nginx = Nginx::start(site, &changes);
        let place = Place { outside: nginx.address, inside: server.address, cookies };

        let people = People::of(&place).await;
        people.come(Duration::from_secs(1)).await; // fills memory and caches
        let (mut before, mut attacked) = (Met::default(), Met::default());
        let (turns, quiet, loud) = quick_or_soak((1, 2, 5), (1, 20, 60));
        let mut sent = strangers::Tally::default();
        for _ in 0..turns {
            before += people.come(Duration::from_secs(quiet)).await;
            let attackers = Attackers::start(&place);
            attacked += people.come(Duration::from_secs(loud)).await;
            sent += spawn_blocking(|| attackers.stop()).await.expect("the attackers stop");
            sleep(SETTLING).await;
        }
        println!("attack: on {engine:?}, the attackers got in {} s: {sent}", turns * loud);
        println!("attack: on {engine:?}, undisturbed: {before}");
        println!("attack: on {engine:?}, under attack: {attacked}");
        println!(
            "attack: on {engine:?}, {:.2} of the undisturbed rate (goal: 0.8), the slowest logins in a known and in a new browser \
             took {:?} (goal: 3 s), the slowest force logout {:?}",
            attacked.rate() / before.rate(),
            attacked.slowest_logins(),
            attacked.slowest_force_logout()
        );
        for met in [&before, &attacked] {
            met.must_be_well();
        }
        sent.must_be_well();
        drop(server);
    }
}

/// A running server with the default settings.
struct Server {
    running: Option<Running>,
    address: std::net::SocketAddr,
}

impl Server {
    fn start(database: &Database, key: &str) -> Self {
        let program = |arguments: &[&str]| {
            Program::new(arguments).set("DATABASE_URL", &database.url).set("ROCKET_SECRET_KEY", key)
        };
        for (name, email, role) in [(LOGS_IN, "vera@example.org", None), (STAFF, "rosa@example.org", Some("--staff"))] {
            let create: Vec<_> =
                ["user", "create", name, "--email", email, "--password-stdin"].into_iter().chain(role).collect();
            program(&create).run_with(format!("{PASSWORD}\n").as_bytes()).done();
        }
        let address = crate::nginx::free_address();
        let serve = program(&["serve"])
            .set("ROCKET_ADDRESS", address.ip().to_string())
            .set("ROCKET_PORT", address.port().to_string())
            .set("CURFEW_BASE_URL", format!("https://{HOST}"))
            .set("CURFEW_TRUSTED_PROXIES", "127.0.0.1");
        let mut running = serve.start();
        running.until_it_prints(|line| line.contains(" at http").then_some(()));
        Self { running: Some(running), address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.signal("TERM");
            drop(running.wait());
        }
    }
}
