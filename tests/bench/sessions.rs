//! Many people with sessions, made by a few statements of SQL, and the cookies that go with them.

#![allow(dead_code)] // each bench uses a part of it

use std::{ops::RangeInclusive, time::Duration};

use chrono::{DateTime, SecondsFormat, SubsecRound as _, TimeDelta, Utc};
use cookie::{Cookie, CookieJar, Key};
use curfew::domain::logins::session_secret::SessionSecret;
use rocket::tokio::time::sleep;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use super::store::{Database, Engine};

/// What opens every session: the guard has no less to do for that, and one statement makes them all.
const SECRET: SessionSecret = SessionSecret::from_random([7; 32]);
/// Each session is so many microseconds after the one before it, around within one second: in an index by
/// dates the sessions of one person lie as far apart as those of people who come back for weeks.
const STRIDE: u32 = 61_803;
/// How long ago the sessions were seen: longer than a request is left unnoted, shorter than the idle limit.
const SEEN_BEFORE: TimeDelta = TimeDelta::hours(1);

/// People whose numbers begin at 1, in a database that had nobody in it.
pub struct Sessions<'d> {
    database: &'d Database,
    /// The second of all logins.
    second: DateTime<Utc>,
}

impl<'d> Sessions<'d> {
    /// Makes the people. No password of theirs is anyone's.
    pub async fn of_new_people(database: &'d Database, people: u32) -> Self {
        // The next whole second, so that no force logout was after it; once it is over.
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

    /// Logs them in with so many sessions; `person` says in SQL whose session number `n` is.
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
        // Postgres counts the rows by itself within a minute; on a SQLite site nobody does.
        if self.database.engine == Engine::Postgres {
            self.run("ANALYZE").await;
        }
    }

    /// Gives those people names that begin so.
    pub async fn rename(&self, people: RangeInclusive<u32>, name: &str) {
        let (first, last) = people.into_inner();
        self.run(&format!(
            "UPDATE curfew_users SET username = '{name}' || id, username_key = '{name}' || id
             WHERE id BETWEEN {first} AND {last}"
        ))
        .await;
    }

    /// Takes back that everyone was forced out, and the counts from before.
    pub async fn are_not_forced_out(&self) {
        self.run("UPDATE curfew_site SET force_logout_date = NULL").await;
        self.run("DELETE FROM curfew_live_sessions_by_hour").await;
    }

    /// The cookie of a session, as the site seals it with that key.
    pub fn cookie(&self, key: &Key, session: u32, person: u32) -> String {
        self.cookie_named("curfew", key, session, person)
    }

    /// The same under another name, which is part of the seal: over https it is another.
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

    /// Has everyone seen just now, so that no request is noted for a minute.
    pub async fn are_seen_now(&self) {
        self.run(&format!("UPDATE curfew_logins SET last_seen = {}", stored(Utc::now()))).await;
    }

    /// How many have been seen since they were made.
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

    /// A moment for session number `n` within that second, in SQL.
    fn scattered(&self, second: DateTime<Utc>) -> String {
        let second = second.format("%Y-%m-%dT%H:%M:%S");
        // The digits behind a one, so that none of the leading ones is lost.
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

/// The beginning of a statement over so many numbers `n`, in the words that both engines know.
fn numbers(range: &RangeInclusive<u32>) -> String {
    let (start, end) = (range.start(), range.end());
    let first = format!("SELECT CAST({start} AS BIGINT)");
    format!("WITH RECURSIVE numbers (n) AS ({first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {end})")
}

/// A moment in the text that the site writes on SQLite, and that Postgres reads.
fn stored(moment: DateTime<Utc>) -> String {
    format!("'{}'", moment.to_rfc3339_opts(SecondsFormat::Micros, false))
}
