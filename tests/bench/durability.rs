//! Whether a commit waits for the disk, which any figure with writes depends on.

use sqlx::{Connection as _, PgConnection};

use super::store::{Database, Engine};

/// The setting in the engine's own terms.
pub async fn durability(database: &Database) -> String {
    if database.engine == Engine::Sqlite {
        // The site sets it on each connection.
        return "synchronous full".to_owned();
    }
    let mut connection = PgConnection::connect(&database.url).await.expect("Postgres answers");
    let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(&mut connection).await.expect("a setting");
    format!("fsync {fsync}")
}
