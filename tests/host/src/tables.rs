//! The host's own table, in Curfew's database, with its own sqlx and its own migrations.

use std::path::Path;

use rocket::{fairing::AdHoc, figment::Figment, http::Status};
use sqlx::{SqlitePool, migrate::Migrator, sqlite::SqliteConnectOptions};

/// The gardens of the users.
#[derive(Debug)]
pub struct Gardens(SqlitePool);

impl Gardens {
    /// How much water a user's garden has had.
    pub async fn litres(&self, owner: i64) -> Result<i64, Status> {
        let query = sqlx::query_scalar("SELECT litres FROM gardens WHERE owner = $1").bind(owner);
        query.fetch_one(&self.0).await.map_err(|_| Status::InternalServerError)
    }

    /// Waters a user's garden.
    pub async fn water(&self, owner: i64, litres: i64) -> Result<(), Status> {
        let query = sqlx::query("UPDATE gardens SET litres = litres + $1 WHERE owner = $2").bind(litres).bind(owner);
        query.execute(&self.0).await.map(drop).map_err(|_| Status::InternalServerError)
    }
}

/// Migrates the host's table and manages [`Gardens`].
pub fn stage() -> AdHoc {
    AdHoc::try_on_ignite("Gardens", |rocket| async {
        match open(rocket.figment()).await {
            Ok(pool) => Ok(rocket.manage(Gardens(pool))),
            Err(error) => {
                eprintln!("the gardens cannot be opened: {error}");
                Err(rocket)
            }
        }
    })
}

async fn open(figment: &Figment) -> Result<SqlitePool, Box<dyn std::error::Error>> {
    let url: String = figment.extract_inner("databases.curfew.url")?;
    let pool = SqlitePool::connect_with(url.parse::<SqliteConnectOptions>()?).await?;
    Migrator::new(Path::new("migrations")).await?.run(&pool).await?;
    Ok(pool)
}
