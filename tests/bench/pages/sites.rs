//! The servers under load: the whole site, which also serves the same page unguarded, and a bare server.

#![allow(dead_code, reason = "each bench uses only a part of this")]

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use chrono::{TimeDelta, Utc};
use curfew::{
    accounts::{Accounts, Actor, Target},
    domain::{moment::Moment, people::role::Role},
    settings::{Check, Configuration, DatabaseAddress, RedisAddress, SecretKeys, SecretMaterial, Settings},
    site::{self, Page, Shell, ShellUser, Templates},
};
use rocket::{Build, Rocket, Route, State, fairing::AdHoc, get, routes, tokio::sync::oneshot};
use rocket_dyn_templates::{Template, context, tera::Value};
use serde::Serialize;

use super::{
    client::{USER_AGENT, ask, connect, get as request},
    store::{Database, Engine},
};

/// The account page without a guard, rendered as the site renders it.
pub const UNGUARDED: &str = "/bench/unguarded";
/// The account page without a guard, rendered by Rocket from the original template.
pub const PLAIN: &str = "/bench/plain";
/// The password of every registered user.
pub const PASSWORD: &str = "tangerine-lamp-post";

/// The whole site under load.
pub struct Site {
    pub address: SocketAddr,
    pub keys: SecretKeys,
    database: Database,
}

impl Site {
    /// Launches the site on a free port.
    pub async fn launch(engine: Engine, check: Check) -> Self {
        Self::over(Database::new(engine).await, check).await
    }

    /// Launches the site on an existing database.
    pub async fn over(database: Database, check: Check) -> Self {
        Self::with(database, (check, None), routes![unguarded, plain]).await
    }

    /// Launches the site on an existing database, optionally with a Redis, with extra routes of the bench.
    pub async fn with(
        database: Database,
        (check, redis): (Check, Option<RedisAddress>),
        routes: impl Into<Vec<Route>>,
    ) -> Self {
        let (rocket, keys) = whole_site(&database, check, redis);
        Self { address: launch(rocket.mount("/", routes)).await, keys, database }
    }

    /// Registers a user and returns the session cookie.
    pub async fn log_in(&self) -> String {
        register(self.address).await
    }

    /// Makes the first user a superuser. A site without one leads every visitor to its setup.
    pub async fn is_set_up(&self) {
        let accounts = Accounts::new(self.database.open().await, Arc::default());
        let promoted = accounts.set_role(&Actor::operator("bench"), &Target::Id(1), Role::Superuser).await;
        promoted.expect("a superuser");
    }
}

/// The whole site, and the keys that seal its cookies.
pub fn whole_site(database: &Database, check: Check, redis: Option<RedisAddress>) -> (Rocket<Build>, SecretKeys) {
    let configuration = Configuration {
        settings: Settings { bcrypt_cost: 4, check, ..Settings::default() },
        database: DatabaseAddress::parse(&database.url).expect("an address"),
        redis,
        mail_server: None,
        connections: None,
        figment: figment(),
    };
    let keys = SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() };
    (site::rocket(&configuration, &keys), keys)
}

/// Registers a user at a site and returns the session cookie.
pub async fn register(address: SocketAddr) -> String {
    let mut stream = connect(address).await;
    let form = ask(&mut stream, request("/register", None).as_bytes()).await;
    let token = between(&form.body, "name=\"csrf_token\" value=\"", "\"");
    let visitor = between(&form.head, "set-cookie: ", ";");
    let body = format!(
        "csrf_token={token}&username=bench&email=bench@example.org&password={PASSWORD}&password_again={PASSWORD}"
    );
    let post = format!(
        "POST /register HTTP/1.1\r\nHost: bench\r\nUser-Agent: {USER_AGENT}\r\nCookie: {visitor}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    );
    let answer = ask(&mut stream, post.as_bytes()).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    format!("curfew={}", between(&answer.head, "set-cookie: curfew=", ";"))
}

/// A server with only the start page and no middleware.
pub async fn launch_bare() -> SocketAddr {
    let templates = Template::custom(|engines| {
        for name in ["exact", "in_words", "time", "to_the_microsecond", "with_times"] {
            engines.tera.register_filter(name, |value: &Value, _: &HashMap<String, Value>| Ok(value.clone()));
        }
        engines.tera.register_function("asset", |arguments: &HashMap<String, Value>| Ok(arguments["name"].clone()));
    });
    let rocket = rocket::custom(figment()).attach(rocket::shield::Shield::new()).attach(templates);
    launch(rocket.mount("/", routes![bare])).await
}

#[get("/")]
fn bare() -> Template {
    let shell = context! {
        site_name: "Curfew", path: "/", address: "/", is_error: false, user: (), csrf_token: (), registration_open: true, notice: ()
    };
    Template::render("home", context! { shell, view: context! {} })
}

/// The account page from the same template with values of the same types, so that only the guard makes a difference.
#[get("/bench/unguarded")]
fn unguarded(templates: &State<Templates>) -> Page {
    templates.render("account/overview", (&shell(), true), &view()).expect("the page")
}

/// The same page, rendered as a whole by Tera.
#[get("/bench/plain")]
fn plain(templates: &State<Templates>) -> Page {
    templates.render("account/overview", (&shell(), false), &view()).expect("the page")
}

/// The page's own context, as the handler of `/account` builds it.
#[derive(Debug, Serialize)]
pub struct View {
    username: &'static str,
    email: &'static str,
    role: &'static str,
    date_joined: Moment,
    last_login: Moment,
    session: Session,
}

#[derive(Debug, Serialize)]
struct Session {
    login_date: Moment,
    address: &'static str,
    browser: &'static str,
    system: &'static str,
    user_agent: &'static str,
    ends_at: Moment,
    end_is_scheduled: bool,
    idle_expires_at: Moment,
    remember: bool,
}

pub fn shell() -> Shell<'static> {
    let now = Utc::now();
    Shell {
        site_name: "Curfew",
        path: "/account",
        address: "/account",
        is_error: false,
        user: Some(ShellUser {
            username: "bench",
            is_staff: false,
            is_superuser: false,
            login_us: now.timestamp_micros(),
            now_ms: now.timestamp_millis(),
            ends: None,
        }),
        csrf_token: Some("OB2gJlRc-sEnqfaz9ykfnmc0mFvBhfvuOJakKQxdK2M"),
        registration_open: true,
        notice: None,
    }
}

pub fn view() -> View {
    let now = Utc::now();
    View {
        username: "bench",
        email: "bench@example.org",
        role: "member",
        date_joined: now,
        last_login: now,
        session: Session {
            login_date: now,
            address: "127.0.0.1",
            browser: "Chrome 142",
            system: "Linux",
            user_agent: USER_AGENT,
            ends_at: now + TimeDelta::days(14),
            end_is_scheduled: false,
            idle_expires_at: now + TimeDelta::days(3),
            remember: false,
        },
    }
}

pub fn figment() -> rocket::figment::Figment {
    rocket::figment::Figment::from(rocket::Config::release_default())
        .merge(("log_level", "off"))
        .merge(("ident", false))
        .merge(("port", 0))
        .merge(("address", Ipv4Addr::LOCALHOST))
        .merge(("secret_key", vec![7_u8; 64]))
        .merge(("template_dir", "templates"))
}

pub async fn launch(rocket: Rocket<Build>) -> SocketAddr {
    let (launched, address) = oneshot::channel();
    let report = AdHoc::on_liftoff("Address", |rocket| {
        Box::pin(async move {
            let _ = launched.send(SocketAddr::new(rocket.config().address, rocket.config().port));
        })
    });
    rocket::tokio::spawn(rocket.attach(report).launch());
    address.await.expect("the server starts")
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let start = text.find(before).map(|at| at + before.len()).expect(before);
    let rest = &text[start..];
    &rest[..rest.find(after).expect(after)]
}
