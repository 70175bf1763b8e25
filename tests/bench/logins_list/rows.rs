//! Many logins of many users, inserted quickly.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use curfew::domain::address_key::AddressKey;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// The number of logins per statement.
const BATCH: u32 = 500;

/// Inserts the logins of these users, whose ids and names count from 1, into the database at this URL.
pub async fn make(url: &str, logins: u32, users: u32) {
    let now = Utc::now();
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.expect("the database");
        for sql in ["PRAGMA synchronous = OFF", "BEGIN"] {
            sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
        }
        for start in (1..=logins).step_by(BATCH as usize) {
            let sql = insert(start, logins, users, now);
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("logins");
        }
        // As on a growing site: nobody collects statistics, and the log of writes is moved to the database now and then.
        for sql in ["COMMIT", "PRAGMA wal_checkpoint(TRUNCATE)"] {
            sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
        }
    } else {
        let mut connection = PgConnection::connect(url).await.expect("the database");
        for start in (1..=logins).step_by(BATCH as usize) {
            let sql = insert(start, logins, users, now);
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("logins");
        }
        sqlx::raw_sql("VACUUM ANALYZE curfew_logins").execute(&mut connection).await.expect("done");
    }
}

/// Six in ten logins are live. One in twenty is a token, and one in twenty comes from a shared address. A few come from
/// a hostile network, and a few have a rare browser.
fn insert(start: u32, logins: u32, users: u32, now: DateTime<Utc>) -> String {
    let mut sql = String::from(
        "INSERT INTO curfew_logins (id, user_id, kind, label, login_date, opened_at, last_seen, expires_at, address, \
         user_agent, ended_at, reason, username_key, address_key, browser, system) VALUES ",
    );
    for number in start..(start + BATCH).min(logins + 1) {
        // A permutation of the numbers, so that no order of the list is the order of insertion.
        let mixed = number.wrapping_mul(2_654_435_761);
        let (is_token, has_ended) = (mixed % 20 == 3, mixed % 5 < 2);
        let user = mixed / 7 % users + 1;
        let ago = |minutes: u32| {
            let at =
                now - TimeDelta::minutes(i64::from(minutes)) - TimeDelta::microseconds(i64::from(mixed % 59_999_999));
            at.to_rfc3339_opts(SecondsFormat::Micros, false)
        };
        // Live sessions were opened within thirteen days and seen within two.
        let (opened, seen) = if has_ended {
            (50_000 + mixed % 50_000, 3_000 + mixed % 45_000)
        } else {
            (2_880 + mixed / 3 % 15_000, mixed / 11 % 2_800)
        };
        let (low, high) = (mixed >> 8 & 255, mixed >> 16 & 255);
        let address = match mixed / 13 % 20 {
            _ if number % 25_000 == 1 => format!("203.0.113.{low}"),
            0 => "192.0.2.7".to_owned(),
            1..5 => format!("10.0.{}.{low}", high % 16),
            5 => format!("2001:db8::{low:x}:{high:x}"),
            _ => format!("172.{}.{high}.{low}", 16 + mixed % 16),
        };
        let (browser, system) = match mixed / 17 % 50 {
            _ if number % 20_000 == 2 => ("curl 8".to_owned(), ""),
            0..15 => (format!("firefox {}", 130 + mixed / 19 % 16), "windows"),
            15..40 => (format!("chrome {}", 120 + mixed / 19 % 23), if mixed % 2 == 0 { "windows" } else { "android" }),
            40..48 => (format!("mobile safari {}", 14 + mixed / 19 % 5), "ios"),
            48 => ("opera 99".to_owned(), "linux"),
            _ => (String::new(), ""),
        };
        let (kind, label, expires) = if is_token {
            ("jwt", "'a program'", format!("'{}'", (now + TimeDelta::days(5)).to_rfc3339()))
        } else {
            ("browser", "NULL", "NULL".to_owned())
        };
        let seen = if is_token && mixed % 3 == 0 { "NULL".to_owned() } else { format!("'{}'", ago(seen)) };
        let ended = if has_ended { format!("'{}', 'logged-out'", ago(2_900)) } else { "NULL, NULL".to_owned() };
        let (key, comma) = (AddressKey::of(&address), if number == start { "" } else { ", " });
        let (opened, key) = (ago(opened), key.as_str());
        write!(
            sql,
            "{comma}('login{number}', {user}, '{kind}', {label}, '{opened}', '{opened}', {seen}, {expires}, '{address}', \
             '{browser}', {ended}, 'person{user}', '{key}', '{browser}', '{system}')"
        )
        .expect("writing to a string cannot fail");
    }
    sql
}
