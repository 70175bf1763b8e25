//! Many accounts, inserted quickly, with unusable passwords.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// The number of accounts per statement.
const BATCH: u32 = 500;

const FIRST: [&str; 16] = [
    "ana", "ben", "carla", "dmitri", "elif", "farid", "giulia", "hana", "ivan", "jonas", "keiko", "liam", "maria",
    "noor", "olga", "pedro",
];
const LAST: [&str; 16] = [
    "lopez", "smith", "nguyen", "kowalski", "haddad", "rossi", "tanaka", "murphy", "johnson", "petrov", "schmidt",
    "okafor", "silva", "yilmaz", "kim", "dubois",
];
const HOSTS: [&str; 4] = ["mail.example", "post.example.org", "work.example.com", "uni.example.net"];

/// A live login of every tenth user.
const LOGINS: &str = "
    INSERT INTO curfew_logins (id, user_id, kind, login_date, opened_at, last_seen, address, user_agent)
    SELECT 'login' || id, id, 'browser', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, '192.0.2.7', 'Firefox'
    FROM curfew_users WHERE id % 10 = 0";

/// Inserts the accounts into the database at this URL.
pub async fn make(url: &str, users: u32) {
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.expect("the database");
        for sql in ["PRAGMA synchronous = OFF".to_owned(), "BEGIN".to_owned()] {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("done");
        }
        for start in (1..=users).step_by(BATCH as usize) {
            sqlx::raw_sql(AssertSqlSafe(insert(start, users))).execute(&mut connection).await.expect("accounts");
        }
        sqlx::raw_sql(AssertSqlSafe(LOGINS.to_owned())).execute(&mut connection).await.expect("logins");
        // As on a growing site: nobody collects statistics, and the log of writes is moved to the database now and then.
        for sql in ["COMMIT", "PRAGMA wal_checkpoint(TRUNCATE)"] {
            sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
        }
    } else {
        let mut connection = PgConnection::connect(url).await.expect("the database");
        for start in (1..=users).step_by(BATCH as usize) {
            sqlx::raw_sql(AssertSqlSafe(insert(start, users))).execute(&mut connection).await.expect("accounts");
        }
        sqlx::raw_sql(AssertSqlSafe(LOGINS.to_owned())).execute(&mut connection).await.expect("logins");
        sqlx::raw_sql("VACUUM ANALYZE curfew_users").execute(&mut connection).await.expect("done");
    }
}

fn insert(start: u32, users: u32) -> String {
    let mut sql = String::from(
        "INSERT INTO curfew_users (username, username_key, email, email_key, password_hash, is_active, is_staff, \
         is_superuser, date_joined, last_login, last_seen) VALUES ",
    );
    for number in start..(start + BATCH).min(users + 1) {
        // A permutation of the numbers, so that no order of the list is the order of insertion.
        let mixed = number.wrapping_mul(2_654_435_761);
        let pick = |from: [&'static str; 16], shift: u32| from[(mixed >> shift) as usize % 16];
        let (first, last) = (pick(FIRST, 7), pick(LAST, 13));
        let name = match mixed % 5 {
            0 => format!("{first}{last}{number}"),
            1 => format!("{last}_{first}{number}"),
            2 => format!("{first}-{number:x}"),
            _ => format!("{first}.{last}{number}"),
        };
        let email = format!("{first}.{last}{number}@{}", HOSTS[mixed as usize / 3 % 4]);
        let moment = |salt: u32| {
            let second = mixed.wrapping_mul(salt) % 60_000_000;
            let (day, rest) = (second / 86_400, second % 86_400);
            let (year, day) = (2024 + day / 336, day % 336);
            let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
            format!(
                "'{year}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{:06}+00:00'",
                day / 28 + 1,
                day % 28 + 1,
                mixed % 1_000_000
            )
        };
        let (login, seen) =
            if mixed % 10 == 0 { ("NULL".to_owned(), "NULL".to_owned()) } else { (moment(3), moment(7)) };
        let is_active = mixed % 33 != 1;
        let is_staff = mixed % 2_000 == 7;
        let comma = if number == start { "" } else { ", " };
        write!(
            sql,
            "{comma}('{name}', '{name}', '{email}', '{email}', 'none', {is_active}, {is_staff}, {}, {}, {login}, {seen})",
            is_staff && mixed % 10_000 == 7,
            moment(1),
        )
        .expect("writing to a string cannot fail");
    }
    sql
}
