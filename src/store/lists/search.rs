//! Substring search in names, fast with a million rows, by trigram indexes.
//!
//! A list chooses one of two plans. It looks up rare matches in the search index and sorts them. For common matches, it
//! scans an index in the order of the list until the page is full. Both plans apply the same conditions: the choice
//! affects the speed, never the result.

#[cfg(feature = "postgres")]
use sqlx::Postgres;
use sqlx::{QueryBuilder, Sqlite};

use crate::store::{
    Result, Sql,
    engine::{Engine, dialect::Dialect, with_timeout},
};

/// The length of a search index entry, in characters.
const TRIGRAM_LENGTH: usize = 3;
/// At most this many trigrams of a text are looked up: the first ones leave few enough candidates.
const MAX_TRIGRAMS: usize = 32;
/// About how many rows a sample reads.
const SAMPLE_ROWS: i64 = 3_000;

/// With more candidates than this, a scan is faster than a lookup.
pub(super) const LOOKUP_LIMIT: i64 = 15_000;

/// The names that can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum SearchIndex {
    /// The usernames and emails of the accounts `u`.
    Users,
    /// The names in the events `e`.
    Events,
}

impl SearchIndex {
    /// The table and its alias.
    const fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Users => ("curfew_users", "u"),
            Self::Events => ("curfew_events", "e"),
        }
    }

    /// The columns with the names' comparison keys.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["u.username_key", "u.email_key"],
            Self::Events => &["e.names_key"],
        }
    }
}

/// A search text, as a comparison key.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Search<'t> {
    pub text: &'t str,
}

impl<'t> Search<'t> {
    pub const fn new(text: &'t str) -> Self {
        Self { text }
    }

    /// Whether the text is shorter than an index entry, so that the search index is matched by prefix.
    pub fn is_short(&self) -> bool {
        self.text.chars().count() < TRIGRAM_LENGTH
    }

    /// Every three consecutive characters, without duplicates.
    pub fn trigrams(&self) -> impl Iterator<Item = &'t str> {
        let text = self.text;
        let mut bounds: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
        bounds.push(text.len());
        let mut trigrams: Vec<&str> =
            bounds.windows(TRIGRAM_LENGTH + 1).map(|w| &text[w[0]..w[TRIGRAM_LENGTH]]).collect();
        trigrams.truncate(MAX_TRIGRAMS);
        trigrams.sort_unstable();
        trigrams.dedup();
        trigrams.into_iter()
    }

    /// Adds the condition that a name contains the text.
    pub fn push_is_in_name<DB: Dialect>(&self, to: &mut QueryBuilder<DB>, index: SearchIndex) {
        for (number, key) in index.keys().iter().enumerate() {
            let before = if number == 0 { "(" } else { " OR " };
            to.push(format_args!("{before}{}({key}, ", DB::FIND));
            DB::bind_text(to, self.text);
            to.push(") > 0");
        }
        to.push(")");
    }

    /// Whether few enough rows match to look them up in the search index.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn is_rare(&self, on: &mut dyn Sql, index: SearchIndex) -> Result<bool> {
        match on.engine()? {
            Engine::Sqlite(connection) => {
                let mut count = self.count_candidates::<Sqlite>(index, LOOKUP_LIMIT + 1);
                let candidates: i64 = with_timeout(count.build_query_scalar().fetch_one(connection)).await?;
                Ok(candidates <= LOOKUP_LIMIT)
            }
            // A GIN index scan cannot stop early, so this reads a sample of the table.
            #[cfg(feature = "postgres")]
            Engine::Postgres(connection) => {
                // The estimated number of rows; -1 before the first `VACUUM` or `ANALYZE`.
                let estimate = "SELECT reltuples::BIGINT FROM pg_class WHERE oid = $1::regclass";
                let estimate = sqlx::query_scalar(estimate).bind(index.table().0).fetch_one(&mut *connection);
                let rows: i64 = with_timeout(estimate).await?;
                if rows <= LOOKUP_LIMIT {
                    return Ok(true);
                }
                let mut sample = self.sample::<Postgres>(index, rows);
                let (matches, sampled): (i64, i64) =
                    with_timeout(sample.build_query_as().fetch_one(connection)).await?;
                Ok(matches.saturating_mul(rows) <= LOOKUP_LIMIT.saturating_mul(sampled))
            }
        }
    }

    /// Counts the ids that the search index returns, up to a limit.
    fn count_candidates<DB: SearchDialect>(&self, index: SearchIndex, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM (");
        DB::push_candidates(&mut sql, index, self);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") candidates");
        sql
    }

    /// Reads a sample of a table of `rows` rows. Selects how many match, and how many the sample has.
    fn sample<DB: Dialect>(&self, index: SearchIndex, rows: i64) -> QueryBuilder<DB> {
        let (table, name) = index.table();
        let mut sql = QueryBuilder::new("SELECT COUNT(*) FILTER (WHERE ");
        self.push_is_in_name(&mut sql, index);
        sql.push(format_args!("), COUNT(*) FROM {table} {name} TABLESAMPLE SYSTEM ("));
        DB::bind_number(&mut sql, SAMPLE_ROWS);
        sql.push(" * 100.0 / ");
        DB::bind_number(&mut sql, rows.max(SAMPLE_ROWS));
        sql.push(")");
        sql
    }
}

/// How each engine reads its search index.
pub(in crate::store) trait SearchDialect: Dialect {
    /// Adds a select of the candidates: the ids that the search index returns. Not all of them need match.
    fn push_candidates(to: &mut QueryBuilder<Self>, index: SearchIndex, search: &Search<'_>);

    /// Adds, after a table, that the statement must read this index. Postgres decides by its statistics instead.
    fn push_index(to: &mut QueryBuilder<Self>, index: &'static str);
}

impl SearchDialect for Sqlite {
    fn push_candidates(to: &mut QueryBuilder<Self>, index: SearchIndex, search: &Search<'_>) {
        let table = match index {
            SearchIndex::Users => "curfew_users_search",
            SearchIndex::Events => "curfew_events_search",
        };
        if search.is_short() {
            // `char::MAX` is the highest character: every entry with this prefix sorts before it.
            to.push(format_args!("SELECT DISTINCT doc AS id FROM {table}_trigrams WHERE term >= "));
            to.push_bind(search.text.to_owned());
            to.push(" AND term <= ");
            to.push_bind(format!("{}{}", search.text, char::MAX));
        } else {
            let quoted = search.trigrams().map(|trigram| format!("\"{}\"", trigram.replace('"', "\"\"")));
            to.push(format_args!("SELECT rowid AS id FROM {table} WHERE {table} MATCH "));
            to.push_bind(quoted.collect::<Vec<_>>().join(" AND "));
        }
        push_unindexed_events(to, index, search);
    }

    fn push_index(to: &mut QueryBuilder<Self>, index: &'static str) {
        to.push(" INDEXED BY ").push(index);
    }
}

#[cfg(feature = "postgres")]
impl SearchDialect for Postgres {
    fn push_candidates(to: &mut QueryBuilder<Self>, index: SearchIndex, search: &Search<'_>) {
        let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
        let lexemes = if search.is_short() {
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
        push_unindexed_events(to, index, search);
    }

    fn push_index(_: &mut QueryBuilder<Self>, _: &'static str) {}
}

/// Adds to the candidates the matching events that are not indexed yet.
fn push_unindexed_events<DB: SearchDialect>(to: &mut QueryBuilder<DB>, index: SearchIndex, search: &Search<'_>) {
    if index == SearchIndex::Events {
        to.push(" UNION ALL SELECT id FROM curfew_events WHERE NOT names_indexed AND ")
            .push(DB::FIND)
            .push("(names_key, ");
        DB::bind_text(to, search.text);
        to.push(") > 0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_into_its_trigrams() {
        let trigrams = |text| Search::new(text).trigrams().collect::<Vec<_>>();
        assert_eq!(trigrams("ñandú"), ["and", "ndú", "ñan"]);
        assert_eq!(trigrams("aaaaa"), ["aaa"]);
        assert_eq!(trigrams("ab"), [""; 0]);
        assert!(Search::new("李雷").is_short());
    }
}
