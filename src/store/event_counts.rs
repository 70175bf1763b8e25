//! How many events there were, hour by hour or day by day.

use sqlx::QueryBuilder;

use super::{
    Result, Sql,
    engine::{in_time, on_engine},
    events::EventKind,
    users_list::dialect::Dialect,
};
use crate::domain::moment::Moment;

/// How many events of a kind there were from each of these moments to the next; the last is the end.
///
/// Each span is a part of the index `events_by_kind`, which is counted without a look at any event.
///
/// # Errors
/// When the database does not answer.
pub async fn count_events_between(on: &mut impl Sql, kind: EventKind, moments: &[Moment]) -> Result<Vec<i64>> {
    let counts: Vec<(i64, i64)> = on_engine!(on, |c| {
        let mut statement = statement(kind, moments);
        in_time(statement.build_query_as().fetch_all(c)).await
    })?;
    Ok(counts.into_iter().map(|(_, count)| count).collect())
}

fn statement<DB: Dialect>(kind: EventKind, moments: &[Moment]) -> QueryBuilder<DB> {
    let mut sql = QueryBuilder::new("");
    for (number, span) in moments.windows(2).enumerate() {
        let union = if number == 0 { "" } else { " UNION ALL " };
        sql.push(format_args!(
            "{union}SELECT CAST({number} AS BIGINT) AS number, (SELECT COUNT(*) FROM events WHERE kind = "
        ));
        DB::bind_text(&mut sql, kind.code());
        sql.push(" AND at >= ");
        DB::bind_moment(&mut sql, span[0]);
        sql.push(" AND at < ");
        DB::bind_moment(&mut sql, span[1]);
        sql.push(") AS count");
    }
    sql.push(" ORDER BY number");
    sql
}
