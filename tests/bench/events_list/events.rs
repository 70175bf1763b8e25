//! Many events, inserted quickly.

use std::fmt::Write as _;

use curfew::domain::address_key::AddressKey;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// The number of events per statement.
const BATCH: u32 = 500;
const DAYS: u32 = 400;

/// Inserts the events into the database at this URL.
pub async fn make(url: &str, events: u32) {
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.expect("the database");
        for sql in ["PRAGMA synchronous = OFF", "BEGIN"] {
            sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
        }
        for start in (1..=events).step_by(BATCH as usize) {
            sqlx::raw_sql(AssertSqlSafe(insert(start, events))).execute(&mut connection).await.expect("events");
        }
        // As on a growing site: nobody collects statistics, and the log of writes is moved to the database now and then.
        for sql in ["COMMIT", "PRAGMA wal_checkpoint(TRUNCATE)"] {
            sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
        }
    } else {
        let mut connection = PgConnection::connect(url).await.expect("the database");
        for start in (1..=events).step_by(BATCH as usize) {
            sqlx::raw_sql(AssertSqlSafe(insert(start, events))).execute(&mut connection).await.expect("events");
        }
        sqlx::raw_sql("VACUUM ANALYZE curfew_events").execute(&mut connection).await.expect("done");
    }
}

/// Most events come from many addresses, one in twenty from a shared one, and those of one week from an attack.
fn insert(start: u32, events: u32) -> String {
    let mut sql = String::from(
        "INSERT INTO curfew_events (at, kind, actor, subject, address, user_agent, detail, names_key, address_key, \
         browser_key) VALUES ",
    );
    for number in start..(start + BATCH).min(events + 1) {
        let mixed = number.wrapping_mul(2_654_435_761);
        let second = u64::from(number) * u64::from(DAYS) * 86_400 / u64::from(events + 1);
        let at = chrono::DateTime::from_timestamp(
            1_735_689_600 + i64::try_from(second).expect("small"),
            mixed % 1_000_000 * 1_000,
        );
        let at = at.expect("a time").to_rfc3339_opts(chrono::SecondsFormat::Micros, false);
        let day = u32::try_from(second / 86_400).expect("small");
        let is_attack = (200..207).contains(&day) && mixed % 10 > 0;
        let kind = match mixed % 1_000 {
            _ if is_attack => "login-failed",
            0 => "deleted",
            1..20 => "force-logout",
            20..200 => "session-ended",
            200..350 => "login-failed",
            350..450 => "logout",
            450..500 => "refused",
            _ => "login",
        };
        let (low, high) = (mixed >> 8 & 255, mixed >> 16 & 255);
        let address = match mixed % 20 {
            _ if kind == "session-ended" && mixed % 2 == 0 => String::new(),
            _ if is_attack => format!("198.51.100.{low}"),
            0 => "192.0.2.7".to_owned(),
            1..5 => format!("10.0.{}.{low}", high % 16),
            5 => format!("2001:db8::{low:x}:{high:x}"),
            _ => format!("172.{}.{high}.{low}", 16 + mixed % 16),
        };
        let browser = match mixed % 50 {
            _ if address.is_empty() => String::new(),
            0..15 => format!("firefox {}", 130 + mixed % 16),
            15..40 => format!("chrome {}", 120 + mixed % 23),
            40..48 => format!("mobile safari {}", 14 + mixed % 5),
            48 => "opera 99".to_owned(),
            _ => String::new(),
        };
        let name = format!("user{}", mixed % 200_000);
        let (key, comma) = (AddressKey::of(&address), if number == start { "" } else { ", " });
        let key = key.as_str();
        let address = if address.is_empty() { "NULL".to_owned() } else { format!("'{address}'") };
        write!(
            sql,
            "{comma}('{at}', '{kind}', '{name}', '{name}', {address}, '{browser}', 'a detail of some words', '{name}', \
             '{key}', '{browser}')"
        )
        .expect("writing to a string cannot fail");
    }
    sql
}
