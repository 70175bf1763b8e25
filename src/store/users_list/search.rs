//! A search text, as the search index takes it: every three characters in a row.

use sqlx::QueryBuilder;

use super::dialect::{Dialect, SearchIndex};

/// How long an entry of the search index is, in characters.
const TRIGRAM: usize = 3;
/// Of a longer text the first trigrams leave few enough candidates.
const TRIGRAMS: usize = 32;
/// How many accounts a sample looks at, about.
const SAMPLE: i64 = 3_000;

/// How many accounts Postgres believes there are; -1 before it has looked.
pub(super) const KNOWN_USERS: &str = "SELECT reltuples::BIGINT FROM pg_class WHERE oid = 'users'::regclass";

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
    pub fn push_is_in_name<DB: Dialect>(&self, to: &mut QueryBuilder<DB>) {
        to.push("(").push(DB::FIND).push("(u.username_key, ");
        DB::bind_text(to, self.text);
        to.push(") > 0 OR ").push(DB::FIND).push("(u.email_key, ");
        DB::bind_text(to, self.text);
        to.push(") > 0)");
    }

    /// Counts what a search index names, up to a limit.
    pub fn count_candidates<DB: Dialect>(&self, index: SearchIndex, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM (");
        DB::push_candidates_in(&mut sql, index, self);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") candidates");
        sql
    }

    /// Looks at a sample of the accounts: how many match, and how many were looked at.
    pub fn sample<DB: Dialect>(&self, users: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT COUNT(*) FILTER (WHERE ");
        self.push_is_in_name(&mut sql);
        sql.push("), COUNT(*) FROM users u TABLESAMPLE SYSTEM (");
        DB::bind_number(&mut sql, SAMPLE);
        sql.push(" * 100.0 / ");
        DB::bind_number(&mut sql, users.max(SAMPLE));
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
