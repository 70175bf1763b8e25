//! The migrations, compiled into the program. Each has a file in `migrations/sqlite` and in `migrations/postgres`.

use std::sync::LazyLock;

use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

/// The table of applied migrations. Not sqlx's default name, which the site that embeds Curfew may use itself.
pub(super) const MIGRATIONS_TABLE: &str = "curfew_migrations";

/// Takes the file names, without `.sql`. They are the same for both engines.
macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        pub(super) static SQLITE: LazyLock<Migrator> = LazyLock::new(|| {
            migrator(&[$(($name, include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")))),*])
        });
        #[cfg(feature = "postgres")]
        pub(super) static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| {
            migrator(&[$(($name, include_str!(concat!("../../../migrations/postgres/", $name, ".sql")))),*])
        });
    };
}

migrations![
    "0001_accounts",
    "0002_users_list",
    "0003_logins",
    "0004_standing_changes",
    "0005_events",
    "0006_nodes",
    "0007_bulk_actions",
    "0008_letters",
    "0009_waiting_letters",
    "0010_expiry_changes",
    "0011_logins_ahead",
];

fn migrator(files: &[(&'static str, &'static str)]) -> Migrator {
    let migrations = files.iter().map(|(name, sql)| {
        let (version, description) = name.split_once('_').unwrap_or((name, ""));
        let version = version.parse().unwrap_or_default();
        Migration::new(version, description.replace('_', " ").into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrator
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn every_migration_file_is_compiled_in() {
        for (engine, migrator) in [("sqlite", &SQLITE), ("postgres", &POSTGRES)] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
            let mut files: Vec<_> = fs::read_dir(folder)
                .expect("a folder")
                .map(|file| file.expect("a file").file_name().into_string().expect("a name"))
                .collect();
            files.sort();
            let compiled_in =
                migrator.iter().map(|m| format!("{:04}_{}.sql", m.version, m.description.replace(' ', "_")));
            assert_eq!(compiled_in.collect::<Vec<_>>(), files);
        }
    }
}
