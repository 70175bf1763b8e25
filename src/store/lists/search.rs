//! Searching names for a part of them, also among a million: a search text, and the search indexes,
//! which hold every three characters in a row.
//!
//! Rare matches are *collected*: the index names them. Common ones are met on a *walk* along the index
//! of an order. Both read by the same conditions, so the choice decides over time only.

use sqlx::{Postgres, QueryBuilder, Sqlite};

use crate::store::{
    Result, Sql,
    engine::{Engine, dialect::Dialect, in_time},
};

/// How long an entry of the search index is, in characters.
const TRIGRAM: usize = 3;
/// Of a longer text the first trigrams leave few enough candidates.
const TRIGRAMS: usize = 32;
/// How many rows a sample looks at, about.
const SAMPLE: i64 = 3_000;

/// With more candidates than this, a walk is the shorter way.
const COLLECT_UP_TO: i64 = 15_000;

/// What can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum SearchIndex {
    /// The usernames and emails of the accounts `u`.
    Users,
    /// The names in the events `e`.
    Events,
}

impl SearchIndex {
    /// The table, and what it is called in statements.
    const fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Users => ("curfew_users", "u"),
            Self::Events => ("curfew_events", "e"),
        }
    }

    /// The columns that hold names, as comparison keys.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["u.username_key", "u.email_key"],
            Self::Events => &["e.names_key"],
        }
    }
}

/// A search text; the comparison key of what was typed.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Search<'t> {
    pub text: &'t str,
}

impl<'t> Search<'t> {
    pub const fn new(text: &'t str) -> Self {
        Self { text }
    }

    /// Whether the text is shorter than an entry of the index, so that entries begin with it.
    pub fn is_beginning(&self) -> bool {
        self.text.chars().count() < TRIGRAM
    }

    /// Every three characters in a row, none twice.
    pub fn trigrams(&self) -> impl Iterator<Item = &'t str> {
        let text = self.text;
        let mut bounds: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
        bounds.push(text.len());
        let mut trigrams: Vec<&str> = bounds.windows(TRIGRAM + 1).map(|w| &text[w[0]..w[TRIGRAM]]).collect();
        trigrams.truncate(TRIGRAMS);
        trigrams.sort_unstable();
        trigrams.dedup();
        trigrams.into_iter()
    }

    /// Adds the condition that the text is in a name.
    pub fn push_is_in_name<DB: Dialect>(&self, to: &mut QueryBuilder<DB>, index: SearchIndex) {
        for (number, key) in index.keys().iter().enumerate() {
            let before = if number == 0 { "(" } else { " OR " };
            to.push(format_args!("{before}{}({key}, ", DB::FIND));
            DB::bind_text(to, self.text);
            to.push(") > 0");
        }
        to.push(")");
    }

    /// Whether so few rows match that they are collected.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_rare(&self, on: &mut impl Sql, index: SearchIndex) -> Result<bool> {
        match on.engine() {
            Engine::Sqlite(connection) => {
                let mut count = self.count_candidates::<Sqlite>(index, COLLECT_UP_TO + 1);
                let candidates: i64 = in_time(count.build_query_scalar().fetch_one(connection)).await?;
                Ok(candidates <= COLLECT_UP_TO)
            }
            // Its index cannot stop after some, so it looks at a sample.
            Engine::Postgres(connection) => {
                // How many it believes there are; -1 before it has looked.
                let known = "SELECT reltuples::BIGINT FROM pg_class WHERE oid = $1::regclass";
                let known = sqlx::query_scalar(known).bind(index.table().0).fetch_one(&mut *connection);
                let rows: i64 = in_time(known).await?;
                if rows <= COLLECT_UP_TO {
                    return Ok(true);
                }
                let mut sample = self.sample::<Postgres>(index, rows);
                let (matches, looked_at): (i64, i64) = in_time(sample.build_query_as().fetch_one(connection)).await?;
                Ok(matches.saturating_mul(rows) <= COLLECT_UP_TO.saturating_mul(looked_at))
            }
        }
    }

    /// Counts what the index names, up to a limit.
    fn count_candidates<DB: Dialect>(&self, index: SearchIndex, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM (");
        DB::push_candidates(&mut sql, index, self);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") candidates");
        sql
    }

    /// Looks at a sample of so many rows: how many match, and how many were looked at.
    fn sample<DB: Dialect>(&self, index: SearchIndex, rows: i64) -> QueryBuilder<DB> {
        let (table, name) = index.table();
        let mut sql = QueryBuilder::new("SELECT COUNT(*) FILTER (WHERE ");
        self.push_is_in_name(&mut sql, index);
        sql.push(format_args!("), COUNT(*) FROM {table} {name} TABLESAMPLE SYSTEM ("));
        DB::bind_number(&mut sql, SAMPLE);
        sql.push(" * 100.0 / ");
        DB::bind_number(&mut sql, rows.max(SAMPLE));
        sql.push(")");
        sql
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_into_every_three_characters() {
        let trigrams = |text| Search::new(text).trigrams().collect::<Vec<_>>();
        assert_eq!(trigrams("ñandú"), ["and", "ndú", "ñan"]);
        assert_eq!(trigrams("aaaaa"), ["aaa"]);
        assert_eq!(trigrams("ab"), [""; 0]);
        assert!(Search::new("李雷").is_beginning());
    }
}
