//! Bringing the tables up to this version, and living with those of the next.
//!
//! A database may be ahead: the nodes of a site are replaced one after the other, and sometimes put
//! back. So a migration only adds what the programs before it can live with. One that takes away what
//! they need names the oldest migration that a program must know, at the end of its file's name:
//! `0012_drop_nickname_needs_0010.sql`; older programs then refuse.

use sqlx::{
    SqlitePool,
    migrate::{MigrateError, Migrator},
};

use super::migrations::{POSTGRES, SQLITE};
use crate::store::{
    OpenError, Result, Sql, Store, StoreError,
    engine::{fetch_all, fetch_one, from_row::from_row},
};

/// What Postgres answers to a role that may not do what it asks for.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

impl Store {
    /// Brings the database up to this version. Does nothing, and needs no right to change tables,
    /// when it is.
    ///
    /// # Errors
    /// When the database is too new for this program, or a migration fails.
    pub async fn migrate(&self) -> std::result::Result<(), OpenError> {
        match self.fit().await {
            Ok(Fit::Current) => return Ok(()),
            Ok(Fit::Newer(version)) => return Err(OpenError::Newer(self.name(), version)),
            // A new database has no list of migrations. Whatever else it is, migrating says so.
            Ok(Fit::Behind) | Err(_) => {}
        }
        let outcome = match self {
            Self::Sqlite { write, .. } => migrate_sqlite(write).await,
            Self::Postgres { pool, .. } => POSTGRES.run(pool).await,
        };
        outcome.map_err(|error| match error {
            MigrateError::VersionMissing(version) => OpenError::Newer(self.name(), version),
            MigrateError::Execute(sqlx::Error::Database(said))
            | MigrateError::ExecuteMigration(sqlx::Error::Database(said), _)
                if said.code().as_deref() == Some(INSUFFICIENT_PRIVILEGE) =>
            {
                OpenError::MayNotMigrate(self.name(), said.message().to_owned())
            }
            other => OpenError::Migration(self.name(), other.to_string()),
        })
    }

    /// Whether nobody has ever migrated it, so that no site can have been here.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_empty(&self) -> Result<bool> {
        let table = match self {
            Self::Sqlite { .. } => "SELECT count(*) FROM sqlite_schema WHERE name = 'curfew_migrations'",
            Self::Postgres { .. } => "SELECT count(to_regclass('curfew_migrations'))",
        };
        let (tables,) = fetch_one!(&mut self.read().await?, (i64,), table)?;
        Ok(tables == 0)
    }

    /// Whether the database answers and this program can live with its schema.
    ///
    /// # Errors
    /// When it does not answer, or this node has not proven of late that it can write there.
    pub async fn is_ready(&self) -> Result<bool> {
        self.trust().must_be_held()?;
        Ok(matches!(self.fit().await?, Fit::Current))
    }

    async fn fit(&self) -> Result<Fit> {
        let ours = match self {
            Self::Sqlite { .. } => &SQLITE,
            Self::Postgres { .. } => &POSTGRES,
        };
        Ok(fit(ours, &list_applied(&mut self.read().await?).await?))
    }
}

/// On Postgres sqlx takes a lock of its own while it migrates. On SQLite it takes none, so that the
/// server and a command that start at the same moment would both make the tables; hence one
/// transaction that nobody else can write beside.
async fn migrate_sqlite(write: &SqlitePool) -> std::result::Result<(), MigrateError> {
    let mut tx = write.begin_with("BEGIN IMMEDIATE").await?;
    // `run` asks for more of the connection's lifetime than a future that is `Send` can show.
    SQLITE.run_direct(None, &mut *tx, false).await?;
    Ok(tx.commit().await?)
}

/// A migration that the database has had.
#[derive(Debug)]
struct Applied {
    version: i64,
    description: String,
    success: bool,
    checksum: Vec<u8>,
}

from_row!(Applied { version, description, success, checksum });

impl Applied {
    /// The latest migration that a program must know to live with this one: the number at the end
    /// of its name, which sqlx keeps with spaces for its underscores.
    fn needs(&self) -> i64 {
        let named = self.description.rsplit_once("needs ").and_then(|(_, version)| version.parse().ok());
        named.unwrap_or_default()
    }
}

async fn list_applied(on: &mut impl Sql) -> Result<Vec<Applied>> {
    fetch_all!(on, Applied, "SELECT version, description, success, checksum FROM curfew_migrations ORDER BY version")
        .map_err(StoreError::from)
}

/// How a database stands to a program.
#[derive(Debug, PartialEq, Eq)]
enum Fit {
    /// It has every migration of the program, and later ones only that the program can live with.
    Current,
    /// It lacks one, or has another one under its number.
    Behind,
    /// It has this one, which the program cannot live with.
    Newer(i64),
}

fn fit(ours: &Migrator, applied: &[Applied]) -> Fit {
    let latest = ours.iter().map(|migration| migration.version).max().unwrap_or_default();
    // One of a lower number is of no later version, but of some other program.
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

    /// As the migrations of this program leave it.
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
    fn a_program_lives_with_later_migrations_unless_they_need_a_later_program() {
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
    fn what_lacks_a_migration_or_has_another_is_behind() {
        let spoilt: [fn(&mut Vec<Applied>); 4] =
            [|all| all.clear(), |all| drop(all.pop()), |all| all[0].success = false, |all| all[0].checksum = vec![7]];
        for spoil in spoilt {
            let mut all = applied();
            spoil(&mut all);
            assert_eq!(fit(&SQLITE, &all), Fit::Behind, "{all:?}");
        }
    }
}
