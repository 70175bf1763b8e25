//! The few words in which the two engines differ where a statement is put together.

use sqlx::{Database, Postgres, QueryBuilder, Sqlite};

use crate::{
    domain::moment::Moment,
    store::lists::search::{Search, SearchIndex},
};

/// An engine, as statements are written for it.
pub(in crate::store) trait Dialect: Database<Arguments: Default> {
    /// Finds one text in another: the place from 1, or 0.
    const FIND: &'static str;
    /// Joins so that the table before it is read first.
    const JOIN_AFTER: &'static str;
    /// Locks the rows of a select, but for those that somebody else holds. SQLite has one writer.
    const LOCK_FREE: &'static str;

    /// Adds a text, as a value.
    fn bind_text(to: &mut QueryBuilder<Self>, text: &str);
    /// Adds a number, as a value.
    fn bind_number(to: &mut QueryBuilder<Self>, number: i64);
    /// Adds a moment, as a value.
    fn bind_moment(to: &mut QueryBuilder<Self>, moment: Moment);
    /// Adds that what stands before is one of these numbers, however many.
    fn push_is_one_of(to: &mut QueryBuilder<Self>, numbers: &[i64]);
    /// Adds the select of the ids that a search index names.
    fn push_candidates(to: &mut QueryBuilder<Self>, index: SearchIndex, search: &Search<'_>);
}

/// Adds a text, as a value, or none.
pub(in crate::store) fn push_optional_text<DB: Dialect>(to: &mut QueryBuilder<DB>, text: Option<&str>) {
    match text {
        Some(text) => DB::bind_text(to, text),
        None => {
            to.push("NULL");
        }
    }
}

/// Adds to the candidates those events that match and are not in the index yet.
fn push_events_to_index<DB: Dialect>(to: &mut QueryBuilder<DB>, index: SearchIndex, search: &Search<'_>) {
    if index == SearchIndex::Events {
        to.push(" UNION ALL SELECT id FROM curfew_events WHERE NOT names_indexed AND ")
            .push(DB::FIND)
            .push("(names_key, ");
        DB::bind_text(to, search.text);
        to.push(") > 0");
    }
}

/// Adds which part of the rows is asked for.
pub(in crate::store) fn push_limit<DB: Dialect>(to: &mut QueryBuilder<DB>, limit: i64, offset: i64) {
    to.push(" LIMIT ");
    DB::bind_number(to, limit);
    to.push(" OFFSET ");
    DB::bind_number(to, offset);
}

macro_rules! bind_values {
    ($engine:ty) => {
        fn bind_text(to: &mut QueryBuilder<$engine>, text: &str) {
            to.push_bind(text.to_owned());
        }

        fn bind_number(to: &mut QueryBuilder<$engine>, number: i64) {
            to.push_bind(number);
        }

        fn bind_moment(to: &mut QueryBuilder<$engine>, moment: Moment) {
            to.push_bind(moment);
        }
    };
}

impl Dialect for Sqlite {
    const FIND: &'static str = "instr";
    const JOIN_AFTER: &'static str = "CROSS JOIN"; // which SQLite takes as an order
    const LOCK_FREE: &'static str = "";

    bind_values!(Sqlite);

    fn push_is_one_of(to: &mut QueryBuilder<Self>, numbers: &[i64]) {
        let list = numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        to.push(" IN (SELECT value FROM json_each(").push_bind(format!("[{list}]")).push("))");
    }

    fn push_candidates(to: &mut QueryBuilder<Self>, index: SearchIndex, search: &Search<'_>) {
        let table = match index {
            SearchIndex::Users => "curfew_users_search",
            SearchIndex::Events => "curfew_events_search",
        };
        if search.is_beginning() {
            // The last character there is: whatever begins with the text lies before it.
            to.push(format_args!("SELECT DISTINCT doc AS id FROM {table}_trigrams WHERE term >= "));
            to.push_bind(search.text.to_owned());
            to.push(" AND term <= ");
            to.push_bind(format!("{}{}", search.text, char::MAX));
        } else {
            let quoted = search.trigrams().map(|trigram| format!("\"{}\"", trigram.replace('"', "\"\"")));
            to.push(format_args!("SELECT rowid AS id FROM {table} WHERE {table} MATCH "));
            to.push_bind(quoted.collect::<Vec<_>>().join(" AND "));
        }
        push_events_to_index(to, index, search);
    }
}

impl Dialect for Postgres {
    const FIND: &'static str = "strpos";
    const JOIN_AFTER: &'static str = "JOIN"; // it goes by its statistics
    const LOCK_FREE: &'static str = " FOR UPDATE SKIP LOCKED";

    bind_values!(Postgres);

    fn push_is_one_of(to: &mut QueryBuilder<Self>, numbers: &[i64]) {
        to.push(" = ANY(").push_bind(numbers.to_vec()).push(")");
    }

    fn push_candidates(to: &mut QueryBuilder<Self>, index: SearchIndex, search: &Search<'_>) {
        let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
        let lexemes = if search.is_beginning() {
            format!("{}:*", quoted(search.text))
        } else {
            search.trigrams().map(quoted).collect::<Vec<_>>().join(" & ")
        };
        to.push(match index {
            SearchIndex::Users => {
                "SELECT id FROM curfew_users_search WHERE curfew_users_trigrams(username_key, email_key) @@ "
            }
            SearchIndex::Events => {
                "SELECT id FROM curfew_events WHERE names_indexed AND curfew_users_trigrams(names_key, '') @@ "
            }
        });
        to.push_bind(lexemes);
        to.push("::tsquery");
        push_events_to_index(to, index, search);
    }
}
