//! SQLite's work for a statement must not depend on whether, or when, table statistics were collected.
//!
//! Work is counted in steps of SQLite's virtual machine, which are the same on every computer.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DurationRound as _, TimeDelta};
use curfew::{
    accounts::{Accounts, ForceLogoutMoment, Target, Which},
    domain::{
        bulk::BulkAction,
        event_kind::EventKind,
        lists::{
            events_query::EventsQuery,
            logins_filter::{LoginsFilter, LoginsShown},
            logins_query::LoginsQuery,
            users_filter::{SearchText, UsersFields, UsersFilter},
            users_query::{PageNumber, Sort, UsersQuery},
        },
        moment::Moment,
        people::{login_name::LoginName, role::Role},
        reason_text::Reasons,
        standing::SiteStanding,
    },
    settings::{SecretKeys, SecretMaterial, Settings},
    store::{
        Connection, PoolLimits, Pools, Store,
        events::{list_newest_events, list_newest_events_of},
        lists::{
            events::list_events,
            users::{Reach, list_users, list_users_within},
        },
        logins::by_hour::list_logins,
        users::list_users_after,
    },
};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::LockedSqliteHandle};

use crate::{
    bulk::actions::{matching, preview},
    harness::{Database, Engine, quick_or_soak},
    house::{operator, registration},
    raw::count,
};

/// The allowed factor between two runs. A plan made for another table size differs by a factor of a hundred.
const MAX_FACTOR: u64 = 2;
/// Numbers of steps below this are too small to compare.
const LITTLE: u64 = 2_000;
/// Search texts: empty, matching everyone, matching nobody, and two in between.
const SEARCHES: [&str; 5] = ["", "p", "er", "person39", "nobody"];

/// A site, and a second connection to its file that does not belong to the program.
struct Grown {
    database: Database,
    hand: SqliteConnection,
}

impl Grown {
    async fn with(users: u32) -> Self {
        let database = Database::new(Engine::Sqlite).await;
        let hand = SqliteConnection::connect(&database.url).await.expect("the file opens");
        let mut site = Self { database, hand };
        site.by_hand("PRAGMA synchronous = OFF").await;
        site.by_hand("DROP TABLE IF EXISTS sqlite_stat1").await;
        site.grow(1, users).await;
        site
    }

    async fn by_hand(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.hand).await.expect("SQLite accepts it");
    }

    async fn open(&self) -> Store {
        Store::open(&self.database.url, PoolLimits::of(Some(2))).await.expect("the store opens")
    }

    /// Adds users, each with three sessions and tokens, one of which has ended, and the matching events.
    async fn grow(&mut self, from: u32, to: u32) {
        let numbers = format!(
            "WITH RECURSIVE numbers (n) AS (VALUES ({from}) UNION ALL SELECT n + 1 FROM numbers WHERE n < {to})"
        );
        // CROSS JOIN keeps this order and uses the index, even if SQLite's statistics know only two users.
        let people = "FROM numbers CROSS JOIN curfew_users u ON u.username_key = 'person' || n";
        let ago = |n: &str| format!("strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', 'now', '-' || ({n}) || ' seconds')");
        let (joined, seen) = (ago("n * 7919 % 9000000"), ago("n * 131 % 86400"));
        self.by_hand(&format!(
            "{numbers}
            INSERT INTO curfew_users (username, username_key, email, email_key, password_hash, is_active, is_staff,
                               is_superuser, date_joined, last_login, last_seen)
            SELECT 'person' || n, 'person' || n, 'person' || n || '@example.org', 'person' || n || '@example.org',
                   'none', n % 40 <> 1, n % 200 = 3, n % 1000 = 3, {joined}, {seen}, {seen} FROM numbers"
        ))
        .await;
        self.by_hand(&format!(
            "{numbers} INSERT INTO curfew_login_names (name_key, user_id) SELECT 'person' || n, u.id {people}"
        ))
        .await;
        for round in 0..3 {
            let login = ago(&format!("(n * 3 + {round}) * 131 % 86400"));
            let (ended, reason) = if round == 1 { (login.as_str(), "'logged-out'") } else { ("NULL", "NULL") };
            self.by_hand(&format!(
                "{numbers}
                INSERT INTO curfew_logins (id, user_id, kind, secret_hash, login_date, opened_at, last_seen, address,
                                    user_agent, ended_at, reason)
                SELECT 's{round}x' || n, u.id, 'browser', x'00', {login}, {login}, {login}, '127.0.0.1', 'Firefox', {ended},
                       {reason}
                {people}"
            ))
            .await;
            self.by_hand(&format!(
                "{numbers}
                INSERT INTO curfew_logins (id, user_id, kind, label, secret_hash, login_date, opened_at, expires_at,
                                    address, user_agent, ended_at, reason)
                SELECT 't{round}x' || n, u.id, 'opaque', 'x', randomblob(32), {login}, {login},
                       '2999-01-01T00:00:00.000000+00:00', '127.0.0.1', 'Firefox', {ended}, {reason} {people}"
            ))
            .await;
            self.by_hand(&format!(
                "{numbers}
                INSERT INTO curfew_events (at, kind, actor_id, actor, subject_id, subject, session_id, address, user_agent)
                SELECT {login}, CASE n % 9 WHEN 1 THEN 'login-failed' ELSE 'login' END, u.id, u.username, u.id,
                       u.username, 's{round}x' || n, '127.0.0.1', 'Firefox' {people}"
            ))
            .await;
        }
    }
}

/// Counts the steps of every connection of a store from now on.
async fn count_steps(store: &Store) -> Arc<AtomicU64> {
    let steps = Arc::new(AtomicU64::new(0));
    let count = |mut handle: LockedSqliteHandle<'_>| {
        let steps = Arc::clone(&steps);
        handle.set_progress_handler(10, move || {
            steps.fetch_add(10, Ordering::SeqCst);
            true
        });
    };
    let mut readers = [store.read().await.expect("a connection"), store.read().await.expect("a connection")];
    for on in &mut readers {
        // A connection that has not seen a new table yet reads the whole schema first.
        list_newest_events(on, 1).await.expect("an answer");
        let Connection::Sqlite(on) = on else { panic!("a file") };
        count(on.lock_handle().await.expect("its handle"));
    }
    let Pools::Sqlite { write, .. } = &store.pools else { panic!("a file") };
    sqlx::query("SELECT COUNT(*) FROM curfew_site").execute(write).await.expect("an answer");
    count(write.acquire().await.expect("the writer").lock_handle().await.expect("its handle"));
    steps
}

/// Filters by dates and live logins in two orders, each by all plans.
fn filtered_users(search: &str, now: Moment) -> Vec<(UsersQuery, Reach)> {
    let (from, to) = ((now - TimeDelta::days(40)).to_rfc3339(), (now - TimeDelta::hours(8)).to_rfc3339());
    let all = UsersFields { q: search, ..UsersFields::default() };
    let filters = [
        UsersFields { live: "yes", ..all },
        UsersFields { live: "no", role: "member", ..all },
        UsersFields { joined_from: &from, ..all },
        UsersFields { seen_from: &to, live: "yes", ..all },
        UsersFields { seen_to: &to, login_from: &from, status: "inactive", ..all },
    ];
    let mut queries = Vec::new();
    for fields in filters {
        let filter = UsersFilter::parse(&fields).expect("a filter");
        for sort in ["username", "-last_seen"] {
            let sort = Sort::parse(sort).expect("a sort");
            let query = UsersQuery { filter: filter.clone(), sort, ..UsersQuery::default() };
            let reaches =
                [Reach::OF_PAGES, Reach { first: 30, ..Reach::OF_PAGES }, Reach { first: 30, rare: 30, in_all: 300 }];
            queries.extend(reaches.map(|reach| (query.clone(), reach)));
        }
    }
    queries
}

/// The steps of each operation of a site.
async fn measure_work(store: &Store) -> BTreeMap<String, u64> {
    let steps = count_steps(store).await;
    let keys = SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() };
    let settings = Settings { bcrypt_cost: 4, ..Settings::default() };
    let accounts = Accounts::new(store.clone(), Arc::new(settings)).hashing_with(&keys);
    let mut work = BTreeMap::new();
    macro_rules! work {
        ($work:expr, $($name:tt)*) => {
            let before = steps.load(Ordering::SeqCst);
            let _ = $work.await.expect("an answer");
            work.insert(format!($($name)*), steps.load(Ordering::SeqCst) - before);
        };
    }
    let page = PageNumber::parse("1").expect("a page");
    let mut on = store.read().await.expect("a connection");
    let now = store.clock().now(&mut on).await.expect("the time");
    let live = accounts.live_by_role(SiteStanding::default(), now);
    for search in SEARCHES {
        for (status, role) in [("", ""), ("inactive", ""), ("", "staff"), ("active", "member")] {
            for sort in ["username", "-last_seen"] {
                let fields = UsersFields { q: search, status, role, ..UsersFields::default() };
                let filter = UsersFilter::parse(&fields).expect("a filter");
                let query =
                    UsersQuery { filter, sort: Sort::parse(sort).expect("a sort"), page, ..UsersQuery::default() };
                work!(list_users(&mut on, &query, &live), "users {search:?} {status} {role} {sort}");
            }
        }
        for (number, (query, reach)) in filtered_users(search, now).into_iter().enumerate() {
            work!(list_users_within(&mut on, &query, &live, reach), "users {search:?} filter {number}");
        }
        for (kind, user) in [(None, None), (Some(EventKind::LoginFailed), None), (Some(EventKind::Login), Some(7))] {
            let search = SearchText::parse(search).expect("a search");
            let query = EventsQuery { search, kind, user, ..EventsQuery::default() };
            work!(list_events(&mut on, &query, page), "events {:?} {kind:?} {user:?}", query.search);
        }
    }
    let hour = now.duration_trunc(TimeDelta::hours(1)).expect("an hour");
    work!(list_newest_events(&mut on, 20), "newest events");
    work!(list_newest_events_of(&mut on, 7, 20), "newest events of one");
    work!(list_users_after(&mut on, "person2", 100), "users after");
    work!(list_logins(&mut on, hour - TimeDelta::days(14), hour), "logins by hour");
    drop(on);
    for search in SEARCHES {
        for shown in [LoginsShown::Live, LoginsShown::All] {
            let search = SearchText::parse(search).expect("a search");
            let filter = LoginsFilter { search, shown, ..LoginsFilter::default() };
            let query = LoginsQuery { filter, page, ..LoginsQuery::default() };
            work!(accounts.list_site_logins(&query), "site logins {:?} {shown:?}", query.filter.search);
        }
        let before = steps.load(Ordering::SeqCst);
        preview(&accounts, &operator(), &matching(BulkAction::ForceLogout, search)).await;
        work.insert(format!("preview {search:?}"), steps.load(Ordering::SeqCst) - before);
    }
    work!(accounts.list_sessions(8, Which::Live, 100), "sessions of one");
    work!(accounts.list_tokens(8, None, PageNumber::default()), "tokens of one");
    work!(accounts.get_target_account(8), "account to act on");
    for round in ["once", "again"] {
        work!(accounts.apply_all_due(), "apply due {round}");
        work!(accounts.sample_live_sessions(), "sample {round}");
        work!(accounts.count_past_logins(), "past logins {round}");
        work!(accounts.index_events(), "index {round}");
        work!(accounts.tidy_logins(), "tidy {round}");
        work!(accounts.purge_events(), "purge {round}");
    }
    let (by, why) = (operator(), Reasons::default());
    let one = Target::Name(LoginName::parse("person9").expect("a name"));
    work!(accounts.create_user(&by, &registration("zoe"), Role::Member), "create");
    work!(accounts.deactivate(&by, &one, None, &why), "deactivate");
    work!(accounts.activate(&by, &one, &why), "activate");
    work!(accounts.set_role(&by, &one, Role::Staff), "promotion");
    work!(accounts.set_role(&by, &one, Role::Member), "demotion");
    work!(accounts.force_logout(&by, &one, ForceLogoutMoment::Now, &why), "force logout");
    work!(accounts.delete_user(&by, &one, &why), "delete");
    work!(accounts.write_ends(), "write ends");
    work!(accounts.force_everyone_out(&by, ForceLogoutMoment::Now, &why), "force everyone out");
    work!(accounts.tidy_logins(), "tidying after everyone was forced out");
    work
}

fn must_be_same_work(what: &str, work: &BTreeMap<String, u64>, least: &BTreeMap<String, u64>) {
    let differ = |(name, steps): (&String, &u64)| {
        let (steps, least) = (*steps, least[name]);
        (steps > least * MAX_FACTOR + LITTLE).then(|| format!("{name}: {least} became {steps}"))
    };
    let more: Vec<String> = work.iter().filter_map(differ).collect();
    assert!(more.is_empty(), "{what}: {more:#?}");
}

async fn statistics(store: &Store) -> i64 {
    count(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'").await
}

#[rocket::async_test]
async fn the_work_does_not_depend_on_when_statistics_were_collected() {
    let users = quick_or_soak(800, 3_000);
    let mut grown = Grown::with(users).await;
    let store = grown.open().await;
    assert_eq!(statistics(&store).await, 0);
    let without = measure_work(&store).await;
    store.close().await;
    assert_eq!(statistics(&grown.open().await).await, 0, "a program that stops leaves no statistics");

    grown = Grown::with(users).await;
    let store = grown.open().await;
    grown.by_hand("ANALYZE").await;
    let fresh = measure_work(&store).await;
    must_be_same_work("by a fresh count", &fresh, &without);
    must_be_same_work("without a count", &without, &fresh);

    // As an earlier version left the statistics when it stopped, with two users.
    grown = Grown::with(2).await;
    grown.by_hand("ANALYZE").await;
    grown.grow(3, users).await;
    let store = grown.open().await;
    assert_eq!(statistics(&store).await, 0);
    must_be_same_work("counted long before the start", &measure_work(&store).await, &without);

    // Collected with SQL while the program runs; its background work finds them.
    grown = Grown::with(2).await;
    let store = grown.open().await;
    grown.by_hand("ANALYZE").await;
    grown.grow(3, users).await;
    assert_eq!(statistics(&store).await, 1);
    store.drop_statistics().await.expect("the statistics are deleted");
    assert_eq!(statistics(&store).await, 0);
    must_be_same_work("counted while it serves", &measure_work(&store).await, &without);
}
