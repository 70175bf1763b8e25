//! Many users with sessions, inserted by a few SQL statements, and the matching cookies.

#![allow(dead_code, reason = "each bench uses only a part of this")]

use std::{ops::RangeInclusive, time::Duration};

use chrono::{DateTime, SecondsFormat, SubsecRound as _, TimeDelta, Utc};
use cookie::{Cookie, CookieJar, Key};
use curfew::domain::logins::session_secret::SessionSecret;
use rocket::tokio::time::sleep;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use super::store::{Database, Engine};

/// The secret of every session. The guard does the same work for it, and one statement can insert all sessions.
const SECRET: SessionSecret = SessionSecret::from_random([7; 32]);
/// The step in microseconds from one session to the next, wrapping within one second. It spreads the sessions of one
/// user over an index by date, like those of users who return for weeks.
const STRIDE: u32 = 61_803;
/// How long ago the sessions were last seen: longer than activity may be unrecorded, shorter than the idle timeout.
const SEEN_BEFORE: TimeDelta = TimeDelta::hours(1);

/// Users with ids from 1, in a database that had none.
pub struct Sessions<'d> {
    database: &'d Database,
    /// The second in which all logins were made.
    second: DateTime<Utc>,
}

impl<'d> Sessions<'d> {
    /// Inserts the users, with unusable passwords.
    pub async fn of_new_people(database: &'d Database, people: u32) -> Self {
        // The next whole second, so that no force logout is later. Waits until it is over.
        let sessions = Self { database, second: Utc::now().trunc_subsecs(0) + TimeDelta::seconds(1) };
        sleep(Duration::from_secs(2)).await;
        let login_date = stored(sessions.second);
        let numbers = numbers(&(1..=people));
        sessions
            .run(&format!(
                "{numbers}
                INSERT INTO curfew_users (username, username_key, email, email_key, password_hash, is_active, is_staff,
                                   is_superuser, date_joined, last_login, last_seen)
                SELECT 'person' || n, 'person' || n, 'person' || n || '@example.org', 'person' || n || '@example.org',
                       'none', TRUE, FALSE, FALSE, {login_date}, {login_date}, {login_date}
                FROM numbers"
            ))
            .await;
        sessions
    }

    /// Gives them this many sessions; `person` is SQL for the user of session number `n`.
    pub async fn log_in(&self, sessions: RangeInclusive<u32>, person: &str) {
        let hash = SECRET.hash();
        let hash = data_encoding::HEXLOWER.encode(hash.as_bytes());
        let hash = match self.database.engine {
            Engine::Sqlite => format!("x'{hash}'"),
            Engine::Postgres => format!(r"'\x{hash}'"),
        };
        let (login_date, last_seen) = (self.scattered(self.second), self.scattered(self.second - SEEN_BEFORE));
        let numbers = numbers(&sessions);
        self.run(&format!(
            "{numbers}
            INSERT INTO curfew_logins (id, user_id, kind, secret_hash, login_date, opened_at, last_seen, address,
                                user_agent)
            SELECT 'session' || n, {person}, 'browser', {hash}, {login_date}, {login_date}, {last_seen}, '127.0.0.1',
                   'Firefox'
            FROM numbers"
        ))
        .await;
        // Postgres collects statistics by itself within a minute; SQLite does not.
        if self.database.engine == Engine::Postgres {
            self.run("ANALYZE").await;
        }
    }

    /// Gives these users names with this prefix.
    pub async fn rename(&self, people: RangeInclusive<u32>, name: &str) {
        let (first, last) = people.into_inner();
        self.run(&format!(
            "UPDATE curfew_users SET username = '{name}' || id, username_key = '{name}' || id
             WHERE id BETWEEN {first} AND {last}"
        ))
        .await;
    }

    /// Undoes forcing everyone out, and deletes the earlier samples.
    pub async fn are_not_forced_out(&self) {
        self.run("UPDATE curfew_site SET force_logout_date = NULL").await;
        self.run("DELETE FROM curfew_live_sessions_by_hour").await;
    }

    /// The cookie of a session, sealed with this key.
    pub fn cookie(&self, key: &Key, session: u32, person: u32) -> String {
        self.cookie_named("curfew", key, session, person)
    }

    /// The same with another name, which is part of the seal; over HTTPS the name differs.
    pub fn cookie_named(&self, name: &'static str, key: &Key, session: u32, person: u32) -> String {
        let microseconds = i64::from(session) * i64::from(STRIDE) % 1_000_000;
        let login_date = self.second + TimeDelta::microseconds(microseconds);
        let content = serde_json::json!({
            "LAST_LOGIN_DATE": login_date.to_rfc3339_opts(SecondsFormat::Micros, true),
            "user": person,
            "session": format!("session{session}"),
            "secret": SECRET.reveal(),
            "remember": false,
        });
        let mut jar = CookieJar::new();
        jar.private_mut(key).add(Cookie::new(name, content.to_string()));
        jar.get(name).expect("it has just been added").encoded().to_string()
    }

    /// Marks everyone as seen just now, so that no activity is recorded for a minute.
    pub async fn are_seen_now(&self) {
        self.run(&format!("UPDATE curfew_logins SET last_seen = {}", stored(Utc::now()))).await;
    }

    /// The number of sessions seen since they were created.
    pub async fn count_seen(&self) -> usize {
        let sql = format!("SELECT COUNT(*) FROM curfew_logins WHERE last_seen >= {}", stored(self.second));
        match self.database.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.database.url).await.expect("the file opens");
                sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(&mut connection).await
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.database.url).await.expect("Postgres answers");
                sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(&mut connection).await
            }
        }
        .map(|count| usize::try_from(count).expect("a count"))
        .expect("a count")
    }

    /// SQL for a time within that second for session number `n`.
    fn scattered(&self, second: DateTime<Utc>) -> String {
        let second = second.format("%Y-%m-%dT%H:%M:%S");
        // The digits follow a 1, so that leading zeros are kept.
        let digits = format!("SUBSTR(CAST(1000000 + n * {STRIDE} % 1000000 AS TEXT), 2)");
        let text = format!("'{second}.' || {digits} || '+00:00'");
        match self.database.engine {
            Engine::Sqlite => text,
            Engine::Postgres => format!("CAST({text} AS TIMESTAMPTZ)"),
        }
    }

    async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.database.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.database.url).await.expect("the file opens");
                sqlx::raw_sql("PRAGMA synchronous = OFF").execute(&mut connection).await.expect("done");
                sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.database.url).await.expect("Postgres answers");
                sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
            }
        }
    }
}

/// The start of a statement over this many numbers `n`, in SQL for both engines.
fn numbers(range: &RangeInclusive<u32>) -> String {
    let (start, end) = (range.start(), range.end());
    let first = format!("SELECT CAST({start} AS BIGINT)");
    format!("WITH RECURSIVE numbers (n) AS ({first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {end})")
}

/// A timestamp in the format that the site writes on SQLite and that Postgres reads.
fn stored(moment: DateTime<Utc>) -> String {
    format!("'{}'", moment.to_rfc3339_opts(SecondsFormat::Micros, false))
}
