//! The counters in Postgres: rows that are locked during a change.
//!
//! The table is unlogged, so a change does not wait for the disk. After a crash the table is empty.

use sqlx::PgPool;

use super::Changed;
use crate::{
    domain::moment::Moment,
    store::{Pools, Result, Store, Trust, engine::with_timeout},
};

/// Inserts the missing rows, locks all rows in the order of their names, and then reads the time.
const LOCK: &str = "
    WITH locked AS (
        INSERT INTO curfew_shared_counters (name) SELECT name FROM unnest($1::TEXT[]) AS name ORDER BY name
        ON CONFLICT (name) DO UPDATE SET name = excluded.name
        RETURNING name, text)
    SELECT text, clock_timestamp() FROM locked ORDER BY name";
const WRITE: &str = "
    UPDATE curfew_shared_counters AS c SET text = n.text, kept_until = n.kept_until
    FROM unnest($1::TEXT[], $2::TEXT[], $3::TIMESTAMPTZ[]) AS n (name, text, kept_until) WHERE c.name = n.name";
const DELETE: &str = "DELETE FROM curfew_shared_counters WHERE name = ANY($1)";

/// Access to the counters in Postgres.
#[derive(Debug, Clone)]
pub(super) struct InPostgres {
    pool: PgPool,
    trust: Trust,
}

impl InPostgres {
    /// Returns `None` if the site is on SQLite.
    pub(super) fn of(store: &Store) -> Option<Self> {
        match &store.pools {
            Pools::Postgres { pool, .. } => Some(Self { pool: pool.clone(), trust: store.trust().clone() }),
            Pools::Sqlite { .. } => None,
        }
    }

    /// How many connections the site may have.
    pub(super) fn max_connections(&self) -> u32 {
        self.pool.options().get_max_connections()
    }

    /// Whether the database is trusted now.
    pub(super) fn must_be_trusted(&self) -> Result<()> {
        self.trust.must_be_held()
    }

    /// Changes the counters with these names atomically.
    pub(super) async fn change<R>(
        &self,
        names: &[String],
        change: &impl Fn(i64, &[Option<String>]) -> (R, Changed),
    ) -> Result<R> {
        let mut tx = with_timeout(self.pool.begin()).await?;
        let rows: Vec<(Option<String>, Moment)> =
            with_timeout(sqlx::query_as(LOCK).bind(names).fetch_all(&mut *tx)).await?;
        let now = rows.iter().map(|(_, now)| *now).max().unwrap_or_default();
        let texts: Vec<_> = rows.into_iter().map(|(text, _)| text).collect();
        let (result, changed) = change(now.timestamp_micros(), &texts);
        if let Some(changed) = changed {
            let (mut kept_names, mut kept_texts, mut kept_until, mut deleted) = (vec![], vec![], vec![], vec![]);
            for (name, kept) in names.iter().zip(changed) {
                match kept {
                    Some(kept) => {
                        kept_names.push(name);
                        kept_texts.push(kept.text);
                        kept_until.push(now + kept.kept_for);
                    }
                    None => deleted.push(name),
                }
            }
            if !kept_names.is_empty() {
                let write = sqlx::query(WRITE).bind(kept_names).bind(kept_texts).bind(kept_until);
                with_timeout(write.execute(&mut *tx)).await?;
            }
            if !deleted.is_empty() {
                with_timeout(sqlx::query(DELETE).bind(deleted).execute(&mut *tx)).await?;
            }
            with_timeout(tx.commit()).await?;
        }
        // Without a change, the transaction rolls back, and with it the rows that were inserted for the lock.
        Ok(result)
    }
}
