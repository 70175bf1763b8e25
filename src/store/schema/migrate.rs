//! Migrates a database to this version, or checks that this program can use a newer schema.
//!
//! A database may be newer than the program: a site's nodes are upgraded one by one, and sometimes rolled back. So a
//! migration may only add what older programs can ignore. A migration that removes what they need names, at the end
//! of its file name, the oldest migration that a program must know: `0012_drop_nickname_needs_0010.sql`. Older
//! programs then refuse the database.

use sqlx::{
    SqlitePool,
    migrate::{MigrateError, Migrator},
};

#[cfg(feature = "postgres")]
use super::migrations::POSTGRES;
use super::migrations::SQLITE;
use crate::store::{
    OpenError, Pools, Result, Sql, Store, StoreError,
    engine::{fetch_all, fetch_one, from_row::from_row},
};

/// Postgres's error code for a role that lacks a privilege.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

impl Store {
    /// Migrates the database to this version. If it is current, does nothing and needs no right to change tables.
    ///
    /// # Errors
    /// Returns an error if the database is too new for this program, or a migration fails.
    pub async fn migrate(&self) -> std::result::Result<(), OpenError> {
        match self.fit().await {
            Ok(Fit::Current) => return Ok(()),
            Ok(Fit::Newer(version)) => return Err(OpenError::Newer(self.name(), version)),
            // A new database has no table of migrations, so reading it fails. Migrating reports any other error.
            Ok(Fit::Behind) | Err(_) => {}
        }
        let outcome = match &self.pools {
            Pools::Sqlite { write, .. } => migrate_sqlite(write).await,
            #[cfg(feature = "postgres")]
            Pools::Postgres { pool, .. } => POSTGRES.run(pool).await,
        };
        outcome.map_err(|error| match error {
            MigrateError::VersionMissing(version) => OpenError::Newer(self.name(), version),
            MigrateError::Execute(sqlx::Error::Database(error))
            | MigrateError::ExecuteMigration(sqlx::Error::Database(error), _)
                if error.code().as_deref() == Some(INSUFFICIENT_PRIVILEGE) =>
            {
                OpenError::MayNotMigrate(self.name(), error.message().to_owned())
            }
            other => OpenError::Migration(self.name(), other.to_string()),
        })
    }

    /// What the database contains. One that was never migrated cannot hold a site.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn content(&self) -> Result<Content> {
        let tables = match self.pools {
            Pools::Sqlite { .. } => {
                "SELECT count(CASE name WHEN 'curfew_migrations' THEN 1 END), count(*) FROM sqlite_schema"
            }
            #[cfg(feature = "postgres")]
            Pools::Postgres { .. } => {
                "SELECT count(to_regclass('curfew_migrations')),
                        (SELECT count(*) FROM pg_tables WHERE schemaname = ANY (current_schemas(FALSE)))"
            }
        };
        Ok(match fetch_one!(&mut self.read().await?, (i64, i64), tables)? {
            (0, 0) => Content::Nothing,
            (0, _) => Content::Other,
            _ => Content::Site,
        })
    }

    /// Whether the database responds and this program can use its schema.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or this node has not recently proven that it can write there.
    pub async fn is_ready(&self) -> Result<bool> {
        self.trust().must_be_held()?;
        Ok(matches!(self.fit().await?, Fit::Current))
    }

    async fn fit(&self) -> Result<Fit> {
        let ours = match self.pools {
            Pools::Sqlite { .. } => &SQLITE,
            #[cfg(feature = "postgres")]
            Pools::Postgres { .. } => &POSTGRES,
        };
        Ok(fit(ours, &list_applied(&mut self.read().await?).await?))
    }
}

/// What a database contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// Tables of other programs only.
    Other,
    /// The tables of a site, perhaps next to others.
    Site,
}

/// Migrates in one exclusive write transaction. sqlx locks the database while it migrates on Postgres, but not on
/// SQLite: a server and a command that start at the same time would both create the tables.
async fn migrate_sqlite(write: &SqlitePool) -> std::result::Result<(), MigrateError> {
    let mut tx = write.begin_with("BEGIN IMMEDIATE").await?;
    // Not `run`: its bounds on the connection's lifetime cannot be met in a `Send` future.
    SQLITE.run_direct(None, &mut *tx, false).await?;
    Ok(tx.commit().await?)
}

/// A migration that the database records as run.
#[derive(Debug)]
struct Applied {
    version: i64,
    description: String,
    success: bool,
    checksum: Vec<u8>,
}

from_row!(Applied { version, description, success, checksum });

impl Applied {
    /// The latest migration that a program must know to use a database with this one: the number at the end of its
    /// name, which sqlx stores with spaces instead of underscores.
    fn needs(&self) -> i64 {
        let named = self.description.rsplit_once("needs ").and_then(|(_, version)| version.parse().ok());
        named.unwrap_or_default()
    }
}

async fn list_applied(on: &mut dyn Sql) -> Result<Vec<Applied>> {
    fetch_all!(on, Applied, "SELECT version, description, success, checksum FROM curfew_migrations ORDER BY version")
        .map_err(StoreError::from)
}

/// Whether a program can use a database's schema.
#[derive(Debug, PartialEq, Eq)]
enum Fit {
    /// The database has every migration of the program, and every later one is compatible with it.
    Current,
    /// The database lacks a migration, or has a different one under its number.
    Behind,
    /// The database has this migration, which is incompatible with the program.
    Newer(i64),
}

fn fit(ours: &Migrator, applied: &[Applied]) -> Fit {
    let latest = ours.iter().map(|migration| migration.version).max().unwrap_or_default();
    // An unknown migration with a lower number comes from another program, not from a later version.
    let is_foreign = |had: &Applied| had.version < latest || had.needs() > latest;
    if let Some(newer) = applied.iter().find(|had| !ours.version_exists(had.version) && is_foreign(had)) {
        return Fit::Newer(newer.version);
    }
    let has = |version, checksum: &[u8]| {
        applied.iter().any(|had| had.version == version && had.success && had.checksum == checksum)
    };
    if ours.iter().all(|migration| has(migration.version, &migration.checksum)) { Fit::Current } else { Fit::Behind }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The migrations of this program, all applied.
    fn applied() -> Vec<Applied> {
        let had = SQLITE.iter().map(|migration| Applied {
            version: migration.version,
            description: migration.description.to_string(),
            success: true,
            checksum: migration.checksum.to_vec(),
        });
        had.collect()
    }

    fn later(version: i64, description: &str) -> Applied {
        Applied { version, description: description.to_owned(), success: true, checksum: Vec::new() }
    }

    #[test]
    fn later_migrations_are_compatible_unless_they_need_a_later_program() {
        let latest = SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default();
        for (had, expected) in [
            (vec![], Fit::Current),
            (vec![later(9000, "one more column")], Fit::Current),
            (vec![later(9000, "what nobody needs any more")], Fit::Current),
            (vec![later(9000, &format!("drop nickname needs {latest:04}"))], Fit::Current),
            (vec![later(9000, &format!("drop nickname needs {:04}", latest + 1))], Fit::Newer(9000)),
            (vec![later(9000, "one more column"), later(9001, "drop nickname needs 9000")], Fit::Newer(9001)),
            (vec![later(0, "of another program")], Fit::Newer(0)),
        ] {
            let mut all = applied();
            all.extend(had);
            assert_eq!(fit(&SQLITE, &all), expected, "{all:?}");
        }
    }

    #[test]
    fn a_database_with_a_missing_or_different_migration_is_behind() {
        let spoilt: [fn(&mut Vec<Applied>); 4] =
            [|all| all.clear(), |all| drop(all.pop()), |all| all[0].success = false, |all| all[0].checksum = vec![7]];
        for spoil in spoilt {
            let mut all = applied();
            spoil(&mut all);
            assert_eq!(fit(&SQLITE, &all), Fit::Behind, "{all:?}");
        }
    }
}
