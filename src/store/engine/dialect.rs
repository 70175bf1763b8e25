//! The SQL in which the two engines differ, for statements that are built at run time.

#[cfg(feature = "postgres")]
use sqlx::Postgres;
use sqlx::{Database, QueryBuilder, Sqlite};

use crate::domain::moment::Moment;

/// An engine's SQL.
pub(in crate::store) trait Dialect: Database<Arguments: Default> {
    /// The function that finds one text in another. Returns the position, from 1, or 0.
    const FIND: &'static str;
    /// A join that reads the table to its left first.
    const JOIN_IN_ORDER: &'static str;
    /// The column by which a row is found again fastest, of a table whose primary key `id` is a text.
    const ROW_ID: &'static str;
    /// Locks the selected rows and skips rows that another transaction has locked. Empty on SQLite: it has one writer.
    const LOCK_SKIPPING_LOCKED: &'static str;

    /// Makes SQLite use this index for the table to its left, which fails if it cannot. Without statistics, SQLite takes
    /// any range for more selective than the order of a list. Empty on Postgres, which has statistics.
    fn indexed_by(index: &str) -> String;
    /// Adds a text as a bound value.
    fn bind_text(to: &mut QueryBuilder<Self>, text: &str);
    /// Adds a number as a bound value.
    fn bind_number(to: &mut QueryBuilder<Self>, number: i64);
    /// Adds a timestamp as a bound value.
    fn bind_moment(to: &mut QueryBuilder<Self>, moment: Moment);
    /// Adds the condition that the expression before it is one of these numbers, with a single bound value.
    fn push_is_one_of(to: &mut QueryBuilder<Self>, numbers: &[i64]);
    /// Adds the same condition for texts.
    fn push_is_one_of_texts(to: &mut QueryBuilder<Self>, texts: &[String]);
    /// Adds a join that looks up, for each row of the sources before it, the rows of a table whose `column` is the
    /// source's `key`: `push_lookup(sql, "curfew_users u", "u.id", "found.id")`.
    fn push_lookup(to: &mut QueryBuilder<Self>, table: &str, column: &str, key: &str);
}

/// Adds a text as a bound value, or `NULL`.
pub(in crate::store) fn push_optional_text<DB: Dialect>(to: &mut QueryBuilder<DB>, text: Option<&str>) {
    match text {
        Some(text) => DB::bind_text(to, text),
        None => {
            to.push("NULL");
        }
    }
}

/// Adds `LIMIT` and `OFFSET`.
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
    const JOIN_IN_ORDER: &'static str = "CROSS JOIN"; // SQLite never reorders it
    const ROW_ID: &'static str = "rowid";
    const LOCK_SKIPPING_LOCKED: &'static str = "";

    bind_values!(Sqlite);

    fn indexed_by(index: &str) -> String {
        format!(" INDEXED BY {index}")
    }

    fn push_is_one_of(to: &mut QueryBuilder<Self>, numbers: &[i64]) {
        let list = numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        to.push(" IN (SELECT value FROM json_each(").push_bind(format!("[{list}]")).push("))");
    }

    fn push_lookup(to: &mut QueryBuilder<Self>, table: &str, column: &str, key: &str) {
        to.push(format_args!(" {} {table} ON {column} = {key}", Self::JOIN_IN_ORDER));
    }

    fn push_is_one_of_texts(to: &mut QueryBuilder<Self>, texts: &[String]) {
        to.push(" IN (SELECT value FROM json_each(").push_bind(serde_json::json!(texts).to_string()).push("))");
    }
}

#[cfg(feature = "postgres")]
impl Dialect for Postgres {
    const FIND: &'static str = "strpos";
    const JOIN_IN_ORDER: &'static str = "JOIN"; // Postgres chooses the order by its statistics
    const ROW_ID: &'static str = "id";
    const LOCK_SKIPPING_LOCKED: &'static str = " FOR UPDATE SKIP LOCKED";

    bind_values!(Postgres);

    fn indexed_by(_: &str) -> String {
        String::new()
    }

    fn push_is_one_of(to: &mut QueryBuilder<Self>, numbers: &[i64]) {
        to.push(" = ANY(").push_bind(numbers.to_vec()).push(")");
    }

    /// `OFFSET 0` keeps the lookup apart. Otherwise, Postgres would compare every row with every other where its
    /// statistics are so old that it expects few of either, such as a minute after many logins.
    fn push_lookup(to: &mut QueryBuilder<Self>, table: &str, column: &str, key: &str) {
        let name = column.split('.').next().unwrap_or(table);
        to.push(format_args!(" CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {column} = {key} OFFSET 0) AS {name}"));
    }

    fn push_is_one_of_texts(to: &mut QueryBuilder<Self>, texts: &[String]) {
        to.push(" = ANY(").push_bind(texts.to_vec()).push(")");
    }
}
