//! Inserts the events of a batch. [`crate::store::events::index`] indexes their names later.

use sqlx::QueryBuilder;

use crate::{
    domain::logins::public_id::PublicId,
    store::{
        Result, Sql,
        engine::{
            dialect::{Dialect, push_optional_text},
            on_engine, with_timeout,
        },
        events::{Named, NewEvent},
    },
};

/// Inserts one event per account, with the account as its subject. Returns the id of one of the events.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_event_for_each(on: &mut dyn Sql, ids: &[i64], event: &NewEvent<'_>) -> Result<Option<i64>> {
    fn statement<DB: Dialect>(ids: &[i64], event: &NewEvent<'_>) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(
            "INSERT INTO curfew_events (at, kind, actor_id, actor, session_id, reason, staff_reason, user_reason, \
             address, user_agent, detail, bulk_id, address_key, browser_key, names_indexed, subject_id, subject, \
             names_key) SELECT ",
        );
        DB::bind_moment(&mut sql, event.at);
        sql.push(", ");
        DB::bind_text(&mut sql, event.kind.code());
        sql.push(", ");
        match event.actor.and_then(|actor| actor.id) {
            Some(id) => DB::bind_number(&mut sql, id),
            None => {
                sql.push("NULL");
            }
        }
        let texts = [
            event.actor.map(|actor| actor.name),
            event.session.map(PublicId::as_str),
            event.reason.map(crate::domain::reason::EndReason::code),
            event.reasons.for_staff.as_deref(),
            event.reasons.for_user.as_deref(),
            event.address,
            event.user_agent,
            event.detail.as_deref(),
            event.bulk.map(PublicId::as_str),
        ];
        for text in texts {
            sql.push(", ");
            push_optional_text(&mut sql, text);
        }
        for key in [event.address_key().as_str(), event.browser_key().as_str()] {
            sql.push(", ");
            DB::bind_text(&mut sql, key);
        }
        sql.push(", FALSE, u.id, u.username, ");
        if event.actor.is_some() {
            DB::bind_text(&mut sql, &format!("{}\n", Named::key_of(event.actor, None)));
            sql.push(" || ");
        }
        sql.push("u.username_key FROM curfew_users u WHERE u.id");
        DB::push_is_one_of(&mut sql, ids);
        sql.push(" ORDER BY u.id RETURNING id");
        sql
    }
    let inserted: Vec<i64> =
        on_engine!(on, |c| with_timeout(statement(ids, event).build_query_scalar().fetch_all(c)).await)?;
    Ok(inserted.last().copied())
}
