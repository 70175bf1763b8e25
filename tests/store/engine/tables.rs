//! The tables created by the migrations are the same on both engines. Also covers databases of other versions.

use curfew::store::{OpenError, PoolLimits, Pools, Store};
use data_encoding::HEXLOWER;
use rocket::tokio::task::JoinSet;
use sha2::{Digest as _, Sha256};

use crate::{
    harness::{Database, Engine, engines, project},
    raw::{run, tables, texts},
};

/// Each column as `table.column type null`, in SQLite's terms.
async fn columns(store: &Store) -> Vec<String> {
    let mut columns = Vec::new();
    for table in tables(store).await {
        let sql = match &store.pools {
            Pools::Sqlite { .. } => format!(
                "SELECT '{table}.' || name || ' ' || type || CASE \"notnull\" WHEN 1 THEN '' ELSE ' NULL' END
                 FROM pragma_table_info('{table}') ORDER BY cid"
            ),
            Pools::Postgres { .. } => format!(
                "SELECT '{table}.' || column_name || ' ' || CASE data_type
                        WHEN 'bigint' THEN 'INTEGER' WHEN 'bytea' THEN 'BLOB'
                        WHEN 'timestamp with time zone' THEN 'DATETIME' ELSE upper(data_type) END
                        || CASE is_nullable WHEN 'NO' THEN '' ELSE ' NULL' END
                 FROM information_schema.columns
                 WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
            ),
        };
        columns.extend(texts(store, &sql).await.into_iter().flatten());
    }
    columns
}

/// The indexes that we named.
async fn indexes(store: &Store) -> Vec<String> {
    let sql = match &store.pools {
        Pools::Sqlite { .. } => {
            "SELECT tbl_name || '.' || name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1"
        }
        Pools::Postgres { .. } => {
            "SELECT tablename || '.' || indexname FROM pg_indexes
             WHERE schemaname = 'public' AND indexname NOT LIKE '%\\_search' AND indexname NOT LIKE '%\\_search\\_trigrams' AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key'
             ORDER BY (tablename || '.' || indexname) COLLATE \"C\""
        }
    };
    texts(store, sql).await.into_iter().flatten().collect()
}

#[rocket::async_test]
async fn both_engines_have_the_same_tables_columns_and_indexes() {
    let mut found = Vec::new();
    for engine in engines() {
        let database = Database::new(engine).await;
        let store = database.open().await;
        found.push((columns(&store).await, indexes(&store).await));
        store.close().await;
    }
    let (columns, indexes) = &found[0];
    assert!(columns.contains(&"curfew_users.force_logout_date DATETIME NULL".to_owned()), "{columns:#?}");
    assert!(columns.contains(&"curfew_logins.secret_hash BLOB NULL".to_owned()), "{columns:#?}");
    assert!(indexes.contains(&"curfew_logins.curfew_logins_by_user".to_owned()), "{indexes:#?}");
    for other in &found[1..] {
        assert_eq!(other, &found[0]);
    }
}

#[test]
fn both_folders_have_the_same_migrations() {
    let folder = |engine| {
        let path = project().join("migrations").join(engine);
        let files = std::fs::read_dir(path).expect("a folder").map(|file| file.expect("a file").file_name());
        files.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(folder("sqlite"), folder("postgres"));
}

/// A program refuses a database if one of its migrations has changed since it was applied. A change needs a new
/// migration.
#[test]
fn applied_migrations_never_change() {
    const APPLIED: usize = 9;
    for (engine, digest) in [
        ("sqlite", "504d4053956d50b26ab4784a95266e689b8183ad03cf83335afa78b520e08adc"),
        ("postgres", "0105c487e2f84a2c4da4ac05804f74366de7707d7d82c52ad057bdf30b3440bb"),
    ] {
        let folder = project().join("migrations").join(engine);
        let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
        let mut files: Vec<_> = files.collect();
        files.sort();
        let mut hash = Sha256::new();
        for file in &files[..APPLIED] {
            hash.update(std::fs::read(file).expect("a migration"));
        }
        assert_eq!(HEXLOWER.encode(&hash.finalize()), digest, "{engine}");
    }
}

#[rocket::async_test]
async fn a_newer_database_is_accepted_until_it_requires_a_newer_program() {
    for engine in engines() {
        let database = Database::new(engine).await;
        let store = database.open().await;
        let later = async |version: u32, description: &str| {
            let sql = format!(
                "INSERT INTO curfew_migrations (version, description, success, checksum, execution_time)
                 SELECT {version}, '{description}', TRUE, checksum, 0 FROM curfew_migrations WHERE version = 1"
            );
            run(&store, &sql).await;
        };
        store.migrate().await.expect("migrating twice is harmless");
        assert!(store.is_ready().await.expect("an answer"));
        later(9000, "one more column").await;
        store.migrate().await.expect("an earlier version accepts it");
        assert!(store.is_ready().await.expect("an answer"));
        later(9001, "drop nickname needs 9000").await;
        let refused = store.migrate().await;
        assert!(matches!(refused, Err(OpenError::Newer(_, 9001))), "{refused:?}");
        assert!(!store.is_ready().await.expect("an answer"));
        store.close().await;
    }
}

#[rocket::async_test]
async fn a_database_that_lacks_a_migration_is_not_ready() {
    for engine in engines() {
        let database = Database::new(engine).await;
        let store = database.open().await;
        run(&store, "DELETE FROM curfew_migrations WHERE version = 1").await;
        assert!(!store.is_ready().await.expect("an answer"));
        store.close().await;
    }
}

#[rocket::async_test]
async fn concurrent_migrations_of_a_new_database_all_succeed() {
    for engine in engines() {
        let database = Database::empty(engine).await;
        let mut tasks = JoinSet::new();
        for _ in 0..6 {
            let url = database.url.clone();
            tasks.spawn(async move {
                let store = Store::open(&url, PoolLimits::of(Some(2))).await?;
                store.migrate().await?;
                Ok::<_, OpenError>(store)
            });
        }
        for opened in tasks.join_all().await {
            let store = opened.unwrap_or_else(|error| panic!("{engine:?}: {error}"));
            assert!(store.is_ready().await.expect("an answer"));
            store.close().await;
        }
    }
}

#[rocket::async_test]
async fn an_unreachable_database_is_reported_without_its_password() {
    for url in ["mysql://ana:secret@localhost/x", "postgres://ana:secret@127.0.0.1:1/x", "nonsense"] {
        let refused = Store::open(url, PoolLimits::default()).await.expect_err("nothing is there").to_string();
        assert!(!refused.contains("secret"), "{refused}");
    }
    let database = Database::new(Engine::Sqlite).await;
    let file = database.folder.path().join("a-file");
    std::fs::write(&file, "no database, but longer than the header of one: ".repeat(40)).expect("a file");
    let refused = Store::open(&format!("sqlite:{}", file.display()), PoolLimits::default()).await;
    assert!(matches!(refused, Err(OpenError::File(_))), "{refused:?}");
}
