//! Bringing the tables up to this version.

use sqlx::{
    SqlitePool,
    migrate::{MigrateError, Migrator},
};

use super::{OpenError, Result, Sql, Store, engine::fetch_one};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

impl Store {
    /// Brings the database up to this version; does nothing when it is.
    ///
    /// # Errors
    /// When the database is newer than this program, or a migration fails.
    pub async fn migrate(&self) -> std::result::Result<(), OpenError> {
        let outcome = match self {
            Self::Sqlite { write, .. } => migrate_sqlite(write).await,
            Self::Postgres { pool, .. } => POSTGRES.run(pool).await,
        };
        outcome.map_err(|error| match error {
            MigrateError::VersionMissing(version) => OpenError::Newer(version),
            other => OpenError::Migration(other.to_string()),
        })
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

/// Whether the database answers and has every migration of this program, and no later one.
///
/// # Errors
/// When the database does not answer.
pub async fn is_schema_current(on: &mut impl Sql) -> Result<bool> {
    let (latest,): (i64,) =
        fetch_one!(on, (i64,), "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success")?;
    Ok(Some(latest) == SQLITE.iter().map(|migration| migration.version).max())
}
