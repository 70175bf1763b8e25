//! One event for each account of a batch; their names are indexed by [`crate::store::events::index`].

use sqlx::QueryBuilder;

use crate::{
    domain::logins::session_secret::SessionId,
    store::{
        Result, Sql,
        engine::{
            dialect::{Dialect, push_optional_text},
            in_time, on_engine,
        },
        events::{Named, NewEvent},
    },
};

/// Notes the same act on each of those accounts, which are the subjects; returns the number of one of
/// the events.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_event_for_each(on: &mut impl Sql, ids: &[i64], told: &NewEvent<'_>) -> Result<Option<i64>> {
    fn statement<DB: Dialect>(ids: &[i64], told: &NewEvent<'_>) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(
            "INSERT INTO curfew_events (at, kind, actor_id, actor, session_id, reason, staff_reason, user_reason, \
             address, user_agent, detail, names_indexed, subject_id, subject, names_key) SELECT ",
        );
        DB::bind_moment(&mut sql, told.at);
        sql.push(", ");
        DB::bind_text(&mut sql, told.kind.code());
        sql.push(", ");
        match told.actor.and_then(|actor| actor.id) {
            Some(id) => DB::bind_number(&mut sql, id),
            None => {
                sql.push("NULL");
            }
        }
        let texts = [
            told.actor.map(|actor| actor.name),
            told.session.map(SessionId::as_str),
            told.reason.map(crate::domain::reason::EndReason::code),
            told.reasons.for_staff.as_deref(),
            told.reasons.for_user.as_deref(),
            told.address,
            told.user_agent,
            told.detail.as_deref(),
        ];
        for text in texts {
            sql.push(", ");
            push_optional_text(&mut sql, text);
        }
        sql.push(", FALSE, u.id, u.username, ");
        if told.actor.is_some() {
            DB::bind_text(&mut sql, &format!("{}\n", Named::key_of(told.actor, None)));
            sql.push(" || ");
        }
        sql.push("u.username_key FROM curfew_users u WHERE u.id");
        DB::push_is_one_of(&mut sql, ids);
        sql.push(" ORDER BY u.id RETURNING id");
        sql
    }
    let inserted: Vec<i64> = on_engine!(on, |c| in_time(statement(ids, told).build_query_scalar().fetch_all(c)).await)?;
    Ok(inserted.last().copied())
}
