//! The filters that an index can look up, and the rarest of them.

use sqlx::QueryBuilder;

use crate::{
    domain::{
        address_key::Network,
        lists::logins_filter::{LoginsFilter, LoginsShown},
        logins::{kind::LoginClass, live::LiveByRole, traits::DeviceName},
        period::Period,
    },
    store::{
        Result, Sql,
        engine::{on_engine, with_timeout},
        lists::{
            period::push_is_in_period,
            search::{Search, SearchDialect, SearchIndex},
        },
    },
};

/// With more candidates than this, a scan in the order of the list is faster than a lookup.
const LOOKUP_LIMIT: i64 = 10_000;

/// A filter that an index can look up. It returns every login that matches the filter, and perhaps some that do not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Candidates<'q> {
    Network(&'q Network),
    Name(&'q Search<'q>),
    Browser(Option<LoginClass>, &'q DeviceName),
    System(&'q DeviceName),
    Class(LoginClass),
    Made(&'q Period),
    Seen(&'q Period),
    Live(Option<LoginClass>, &'q LiveByRole),
}

impl<'q> Candidates<'q> {
    /// The filter with the fewest candidates, unless all have too many to look them up.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn rarest(
        on: &mut dyn Sql,
        filter: &'q LoginsFilter,
        search: Option<&'q Search<'q>>,
        live: &'q LiveByRole,
    ) -> Result<Option<Self>> {
        let mut given = Vec::new();
        given.extend(filter.network.as_ref().map(Self::Network));
        if let Some(search) = search
            && search.is_rare(on, SearchIndex::Users).await?
        {
            given.push(Self::Name(search));
        }
        given.extend(filter.browser.as_ref().map(|browser| Self::Browser(filter.class, browser)));
        given.extend(filter.system.as_ref().map(Self::System));
        given.extend(filter.class.map(Self::Class));
        let is_bounded = |period: &Period| *period != Period::default();
        given.extend(is_bounded(&filter.made).then_some(Self::Made(&filter.made)));
        given.extend(is_bounded(&filter.seen).then_some(Self::Seen(&filter.seen)));
        given.extend((filter.shown == LoginsShown::Live).then_some(Self::Live(filter.class, live)));
        let (mut rarest, mut fewest) = (None, LOOKUP_LIMIT + 1);
        for candidates in given {
            let count: i64 =
                on_engine!(on, |c| { with_timeout(candidates.count(fewest).build_query_scalar().fetch_one(c)).await })?;
            if count < fewest {
                (rarest, fewest) = (Some(candidates), count);
            }
        }
        Ok(rarest)
    }

    /// Counts the candidates, up to a limit.
    fn count<DB: SearchDialect>(self, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM (");
        self.push(&mut sql);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") AS candidates");
        sql
    }

    /// Adds a select of the candidates' row ids, as `id`.
    pub fn push<DB: SearchDialect>(self, sql: &mut QueryBuilder<DB>) {
        let row = DB::ROW_ID;
        if let Self::Name(search) = self {
            sql.push(format_args!("SELECT l.{row} AS id FROM ("));
            DB::push_candidates(sql, SearchIndex::Users, search);
            sql.push(") AS users");
            DB::push_lookup(sql, "curfew_logins l", "l.user_id", "users.id");
            return;
        }
        sql.push(format_args!("SELECT l.{row} AS id FROM curfew_logins l WHERE "));
        match self {
            Self::Name(_) => {}
            Self::Network(network) => push_is_in_network(sql, network),
            Self::Browser(class, name) => {
                push_name_range(sql, "l.browser", name);
                if let Some(class) = class {
                    sql.push(" AND ");
                    push_class(sql, class);
                }
            }
            Self::System(name) => push_name_range(sql, "l.system", name),
            Self::Class(class) => push_class(sql, class),
            Self::Made(period) => push_is_in_period(sql, "l.opened_at", period),
            Self::Seen(period) => push_is_in_period(sql, "l.last_seen", period),
            Self::Live(class, live) => push_may_be_live(sql, &format!("l.{row}"), class, live),
        }
    }
}

/// Sessions that have not ended and are later than every force logout of the site, and tokens that have not expired:
/// as the two partial indexes have them. `column` is what the select before it selects of them, as `id`.
pub(in crate::store::lists) fn push_may_be_live<DB: SearchDialect>(
    sql: &mut QueryBuilder<DB>,
    column: &str,
    class: Option<LoginClass>,
    live: &LiveByRole,
) {
    let (LiveByRole { member, staff, .. }, of) = (live, "l.ended_at IS NULL AND");
    if class != Some(LoginClass::Tokens) {
        sql.push(format_args!("l.kind = 'browser' AND {of} l.login_date > "));
        DB::bind_moment(sql, member.session_login().min(staff.session_login()));
    }
    if class.is_none() {
        sql.push(format_args!(" UNION ALL SELECT {column} AS id FROM curfew_logins l WHERE "));
    }
    if class != Some(LoginClass::Sessions) {
        sql.push(format_args!("{of} l.expires_at IS NOT NULL AND l.expires_at > "));
        DB::bind_moment(sql, member.expiry.min(member.family_expiry));
        sql.push(" AND l.kind <> 'browser'");
    }
}

/// Adds the condition that the address of login `l` is in the network.
pub(super) fn push_is_in_network<DB: SearchDialect>(sql: &mut QueryBuilder<DB>, network: &Network) {
    sql.push("l.address_key >= ");
    DB::bind_text(sql, network.first().as_str());
    sql.push(" AND l.address_key <= ");
    DB::bind_text(sql, network.last().as_str());
}

/// Adds a range of names that holds the name and its versions, and few others.
pub(super) fn push_name_range<DB: SearchDialect>(sql: &mut QueryBuilder<DB>, column: &str, name: &DeviceName) {
    let [_, end] = name.versions();
    sql.push(format_args!("{column} >= "));
    DB::bind_text(sql, name.as_str());
    sql.push(format_args!(" AND {column} < "));
    DB::bind_text(sql, &end);
}

/// Adds the condition that a login is of the class, as the partial index words it.
fn push_class<DB: SearchDialect>(sql: &mut QueryBuilder<DB>, class: LoginClass) {
    sql.push(match class {
        LoginClass::Sessions => "l.kind = 'browser'",
        LoginClass::Tokens => "l.kind <> 'browser'",
    });
}
