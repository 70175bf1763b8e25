//! The SQL of a list that people search by name: its pages, and the number of its rows.
//!
//! The SQL is built from fixed fragments. User input is always bound as a value.

use sqlx::QueryBuilder;

use super::search::{Search, SearchDialect, SearchIndex};
use crate::store::engine::dialect::push_limit;

/// How the matches are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Scan an index in the order of the list.
    Scan,
    /// Look the matches up in the search index, or in another index of few matches, and sort them.
    Lookup,
}

/// A query of a list.
pub(super) trait SearchableList {
    /// `SELECT … FROM `, with the columns of a row.
    const SELECT: &'static str;
    /// The table and its alias.
    const TABLE: &'static str;
    /// The id of a row.
    const ID: &'static str;
    /// The index of the names that are searched.
    const INDEX: SearchIndex;

    /// How the matches are found.
    fn plan(&self) -> Plan;

    /// The search, if there is one.
    fn search(&self) -> Option<&Search<'_>>;

    /// Adds `WHERE` and the conditions.
    fn push_conditions<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>);

    /// Adds `ORDER BY`.
    fn push_order<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>);

    /// Adds a select of the candidates of a lookup: ids of rows, of which not all need match.
    fn push_candidates<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        match self.search() {
            Some(search) => DB::push_candidates(sql, Self::INDEX, search),
            None => _ = sql.push(format_args!("SELECT {} FROM {}", Self::ID, Self::TABLE)),
        }
    }

    /// The index that a scan reads where SQLite, which keeps no statistics, could choose a slower one.
    fn scanned_index(&self) -> Option<&'static str> {
        None
    }

    /// Selects some of the matching rows.
    fn rows<DB: SearchDialect>(&self, limit: i64, offset: i64) -> QueryBuilder<DB> {
        let (table, id) = (Self::TABLE, Self::ID);
        let mut sql = QueryBuilder::new("");
        self.push_found(&mut sql);
        // For the rows that the offset skips, the inner select reads only the columns of the conditions and of the order.
        sql.push(Self::SELECT).push(format_args!("(SELECT {id} FROM "));
        match self.plan() {
            Plan::Scan => {
                sql.push(table);
                if let Some(index) = self.scanned_index() {
                    DB::push_index(&mut sql, index);
                }
            }
            Plan::Lookup => push_found_rows::<DB, Self>(&mut sql),
        }
        self.push_conditions(&mut sql);
        self.push_order(&mut sql);
        push_limit(&mut sql, limit, offset);
        sql.push(format_args!(") page {} {table} ON {id} = page.id", DB::JOIN_IN_ORDER));
        self.push_order(&mut sql);
        sql
    }

    /// Counts the rows that match, up to a limit.
    fn count<DB: SearchDialect>(&self, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        self.push_found(&mut sql);
        sql.push("SELECT COUNT(*) FROM (SELECT 1 FROM ");
        match self.plan() {
            Plan::Lookup => push_found_rows::<DB, Self>(&mut sql),
            Plan::Scan => _ = sql.push(Self::TABLE),
        }
        self.push_conditions(&mut sql);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") counted");
        sql
    }

    /// Adds the common table expression `found` with the rows that a lookup finds. A scan needs none.
    fn push_found<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        if self.plan() == Plan::Lookup {
            sql.push("WITH found AS MATERIALIZED (");
            self.push_candidates(sql);
            sql.push(") ");
        }
    }
}

fn push_found_rows<DB: SearchDialect, L: SearchableList + ?Sized>(sql: &mut QueryBuilder<DB>) {
    sql.push("found");
    DB::push_lookup(sql, L::TABLE, L::ID, "found.id");
}
