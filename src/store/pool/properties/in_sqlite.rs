//! Checks a SQLite file: that it can be written, its encoding and journal mode, and how SQLite was built.

use sqlx::{SqliteConnection, raw_sql};

use super::Unfit;
use crate::store::{
    Lack,
    engine::codes::{SQLITE_BUSY, is_code},
};

/// The first version with `MATERIALIZED` and FTS5's trigram tokenizer.
const MIN_SQLITE_VERSION: i64 = 3_035_000;
/// Modules for the search index and its terms, which a build of SQLite may lack.
const SQLITE_MODULES: [&str; 2] = ["fts5", "fts5vocab"];

/// SQLite's result code for a database that it cannot write.
const SQLITE_READONLY: u32 = 8;

pub(in crate::store::pool) async fn check_sqlite(on: &mut SqliteConnection) -> Result<(), Unfit> {
    let modules: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_module_list").fetch_all(&mut *on).await?;
    // SQLite lists its JSON module only after the first use.
    let has_json = sqlx::query("SELECT value FROM json_each('[1]')").fetch_one(&mut *on).await.is_ok();
    let is_there = |module: &str| modules.iter().any(|name| name == module);
    let missing = SQLITE_MODULES.into_iter().find(|module| !is_there(module)).or((!has_json).then_some("json"));
    let settings = "
        SELECT (SELECT encoding FROM pragma_encoding), (SELECT journal_mode FROM pragma_journal_mode),
               (SELECT foreign_keys FROM pragma_foreign_keys), sqlite_version()";
    let (encoding, journal, foreign_keys, version): (String, String, bool, String) =
        sqlx::query_as(settings).fetch_one(&mut *on).await?;
    // `BEGIN IMMEDIATE` alone proves nothing: it succeeds on a read-only file too.
    let written = raw_sql("BEGIN IMMEDIATE; CREATE TABLE curfew_can_write (x); ROLLBACK").execute(&mut *on).await;
    let is_read_only = match written {
        Ok(_) => false,
        Err(sqlx::Error::Database(error)) if is_code(&*error, SQLITE_BUSY) => false,
        Err(sqlx::Error::Database(error)) if is_code(&*error, SQLITE_READONLY) => true,
        Err(error) => return Err(error.into()),
    };
    let lacks = if is_read_only {
        Lack::Writing
    } else if encoding != "UTF-8" {
        Lack::SqliteEncoding(encoding)
    } else if journal != "wal" {
        Lack::WriteAheadLog(journal)
    } else if version_number(&version) < MIN_SQLITE_VERSION {
        Lack::SqliteVersion(version)
    } else if let Some(module) = missing {
        Lack::SqliteModule(module)
    } else if !foreign_keys {
        Lack::ForeignKeys
    } else {
        return Ok(());
    };
    Err(Unfit::Lacks(lacks))
}

/// `3.45.1` as 3045001.
fn version_number(version: &str) -> i64 {
    version.split('.').chain(["0", "0"]).take(3).fold(0, |number, part| number * 1_000 + part.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_compared_as_a_number() {
        for (version, number) in [("3.45.1", 3_045_001), ("3.9.2", 3_009_002), ("3.51", 3_051_000), ("", 0)] {
            assert_eq!(version_number(version), number, "{version}");
        }
    }
}
