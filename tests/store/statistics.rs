//! How much work SQLite has with a statement does not hang on whether, or when, somebody counted the rows.
//!
//! Work is counted in steps of SQLite's own machine, which are the same on every computer.

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
        lists::{
            sessions_query::{SessionsQuery, SessionsShown},
            users_filter::{SearchText, UsersFilter},
            users_query::{PageNumber, Sort, UsersQuery},
        },
        people::{login_name::LoginName, role::Role},
        reason_text::Reasons,
    },
    settings::Settings,
    store::{
        Connection, PoolLimits, Store,
        events::{EventKind, list_newest_events, list_newest_events_of},
        lists::{
            events::{EventsQuery, list_events},
            users::list_users,
        },
        logins::by_hour::list_logins,
        users::list_users_after,
    },
};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::LockedSqliteHandle};

use crate::{
    bulk::{matching, preview},
    harness::{Database, Engine, quick_or_soak},
    house::{operator, registration},
    raw::count,
};

/// How many times the work of the same thing may differ. A plan that is made for another size differs a hundredfold.
const AS_MUCH: u64 = 2;
/// What is too little to compare, in steps.
const LITTLE: u64 = 2_000;
/// What is searched for: nothing, what everybody has, what nobody has, and two between.
const SEARCHES: [&str; 5] = ["", "p", "er", "person39", "nobody"];

/// A site, and a connection to its file that is nobody's of the program.
struct Grown {
    database: Database,
    hand: SqliteConnection,
}

impl Grown {
    async fn with(users: u32) -> Self {
        let database = Database::new(Engine::Sqlite).await;
        let hand = SqliteConnection::connect(&database.url).await.expect("it opens");
        let mut site = Self { database, hand };
        site.by_hand("PRAGMA synchronous = OFF").await;
        site.by_hand("DROP TABLE IF EXISTS sqlite_stat1").await;
        site.grow(1, users).await;
        site
    }

    async fn by_hand(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.hand).await.expect("SQLite does it");
    }

    async fn open(&self) -> Store {
        Store::open(&self.database.url, PoolLimits::of(Some(2))).await.expect("it opens")
    }

    /// More users, each with three sessions and tokens, of which one has ended, and the events of that.
    async fn grow(&mut self, from: u32, to: u32) {
        let numbers = format!(
            "WITH RECURSIVE numbers (n) AS (VALUES ({from}) UNION ALL SELECT n + 1 FROM numbers WHERE n < {to})"
        );
        // In this order and by an index, also where a count of two users is all that SQLite knows.
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
        // Whose connection has not seen a new table yet reads all of the schema first.
        list_newest_events(on, 1).await.expect("an answer");
        let Connection::Sqlite(on) = on else { panic!("a file") };
        count(on.lock_handle().await.expect("its handle"));
    }
    let Store::Sqlite { write, .. } = store else { panic!("a file") };
    sqlx::query("SELECT COUNT(*) FROM curfew_site").execute(write).await.expect("an answer");
    count(write.acquire().await.expect("the writer").lock_handle().await.expect("its handle"));
    steps
}

/// The steps of each thing that a site does.
async fn works(store: &Store) -> BTreeMap<String, u64> {
    let steps = count_steps(store).await;
    let accounts = Accounts::new(store.clone(), Arc::new(Settings { bcrypt_cost: 4, ..Settings::default() }));
    let mut works = BTreeMap::new();
    macro_rules! work {
        ($work:expr, $($name:tt)*) => {
            let before = steps.load(Ordering::SeqCst);
            let _ = $work.await.expect("an answer");
            works.insert(format!($($name)*), steps.load(Ordering::SeqCst) - before);
        };
    }
    let page = PageNumber::parse("1").expect("a page");
    let mut on = store.read().await.expect("a connection");
    let now = store.clock().now(&mut on).await.expect("the time");
    for search in SEARCHES {
        for (status, role) in [("", ""), ("inactive", ""), ("", "staff"), ("active", "member")] {
            for sort in ["username", "-last_seen"] {
                let filter = UsersFilter::parse(search, status, role).expect("a filter");
                let query = UsersQuery { filter, sort: Sort::parse(sort).expect("a sort"), page };
                work!(list_users(&mut on, &query, now), "users {search:?} {status} {role} {sort}");
            }
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
        for state in [SessionsShown::Live, SessionsShown::All] {
            let query = SessionsQuery { search: SearchText::parse(search).expect("a search"), state, page };
            work!(accounts.list_site_sessions(&query), "site sessions {search:?} {state:?}");
        }
        let before = steps.load(Ordering::SeqCst);
        preview(&accounts, &operator(), &matching(BulkAction::ForceLogout, search)).await;
        works.insert(format!("preview {search:?}"), steps.load(Ordering::SeqCst) - before);
    }
    work!(accounts.list_sessions(8, Which::Live, 100), "sessions of one");
    work!(accounts.list_tokens(8), "tokens of one");
    work!(accounts.get_target_account(8), "account to act on");
    for round in ["once", "again"] {
        work!(accounts.apply_all_due(), "fold {round}");
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
    work!(accounts.set_role(&by, &one, Role::Staff), "a greater role");
    work!(accounts.set_role(&by, &one, Role::Member), "a lesser role");
    work!(accounts.force_logout(&by, &one, ForceLogoutMoment::Now, &why), "force logout");
    work!(accounts.delete_user(&by, &one, &why), "delete");
    work!(accounts.write_ends(), "write ends");
    work!(accounts.force_everyone_out(&by, ForceLogoutMoment::Now, &why), "everyone out");
    work!(accounts.tidy_logins(), "tidy after everyone out");
    works
}

fn same_work(what: &str, works: &BTreeMap<String, u64>, least: &BTreeMap<String, u64>) {
    let differ = |(name, steps): (&String, &u64)| {
        let (steps, least) = (*steps, least[name]);
        (steps > least * AS_MUCH + LITTLE).then(|| format!("{name}: {least} became {steps}"))
    };
    let more: Vec<String> = works.iter().filter_map(differ).collect();
    assert!(more.is_empty(), "{what}: {more:#?}");
}

async fn statistics(store: &Store) -> i64 {
    count(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'").await
}

#[rocket::async_test]
async fn the_work_does_not_hang_on_when_somebody_counted_the_rows() {
    let users = quick_or_soak(800, 3_000);
    let mut grown = Grown::with(users).await;
    let store = grown.open().await;
    assert_eq!(statistics(&store).await, 0);
    let without = works(&store).await;
    store.close().await;
    assert_eq!(statistics(&grown.open().await).await, 0, "the end of a program leaves none behind");

    grown = Grown::with(users).await;
    let store = grown.open().await;
    grown.by_hand("ANALYZE").await;
    let fresh = works(&store).await;
    same_work("by a fresh count", &fresh, &without);
    same_work("without a count", &without, &fresh);

    // As an earlier version left it at its end, when there were two.
    grown = Grown::with(2).await;
    grown.by_hand("ANALYZE").await;
    grown.grow(3, users).await;
    let store = grown.open().await;
    assert_eq!(statistics(&store).await, 0);
    same_work("counted long before the start", &works(&store).await, &without);

    // By a hand, while the program serves; its upkeep finds them.
    grown = Grown::with(2).await;
    let store = grown.open().await;
    grown.by_hand("ANALYZE").await;
    grown.grow(3, users).await;
    assert_eq!(statistics(&store).await, 1);
    store.forget_statistics().await.expect("they are forgotten");
    assert_eq!(statistics(&store).await, 0);
    same_work("counted while it serves", &works(&store).await, &without);
}
