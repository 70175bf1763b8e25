//! What is wrong with a database, for operators: in the log, and in one line for the person who starts the program.

use crate::store::{AddressFault, Lack, OpenError, StoreError};

in_words! {
    StoreError {
        Self::Unavailable(error) => "the database does not answer: {error}",
        Self::Unwritable => "this node cannot write to the database, so it does not trust what it reads there",
        Self::Unreadable(what) => "the database holds a value that this program cannot read: {what}",
        Self::Taken => "a row with this key already exists",
        Self::Referenced(error) => "rows of another table still refer to this one ({error}): let that table say ON DELETE \
            CASCADE, or delete its rows in on_deleted",
        Self::OfHost(error) => "a statement of a hook failed: {error}",
    }
}

in_words! {
    OpenError {
        Self::Address(fault) => "the database address is wrong: give sqlite:PATH or postgres://USER@HOST/NAME ({fault})",
        Self::Missing(name) => "there is no database file {name}: set DATABASE_URL (or databases.curfew.url) to the \
            site's database, or create a new one with `curfew migrate`",
        Self::Empty(name) => "the database {name} is empty: set DATABASE_URL (or databases.curfew.url) to the \
            site's database, or create its tables with `curfew migrate`",
        Self::Foreign(name) => "the database {name} is not a Curfew database, because it has only tables of another \
            program: set DATABASE_URL (or databases.curfew.url) to the site's database, or add Curfew's tables to \
            this one with `curfew migrate`",
        Self::Unfit(name, lack) => "the database {name} cannot be used: {lack}",
        Self::Unreachable(name, error) => "the database {name} cannot be opened: {error}; is it running, and may this \
            user reach it?",
        Self::File(error) => "the database file cannot be opened: {error}; may this user write there, and is it a \
            database?",
        Self::Newer(name, version) => "the database {name} is newer than this program (it has migration {version}): \
            start a newer version of curfew",
        Self::MayNotMigrate(name, error) => "the database {name} needs a migration that this role may not run \
            ({error}): run `curfew migrate` as the role that owns it",
        Self::Migration(name, error) => "the database {name} could not be migrated: {error}",
    }
}

in_words! {
    AddressFault {
        Self::Engine => "it starts with neither sqlite: nor postgres:",
        Self::WithoutPostgres => "this program was built without the feature `postgres`",
        Self::HostsInParameter => "put several hosts before the database name: HOST:PORT,HOST:PORT/NAME",
        Self::Malformed => "it is malformed; percent-encode special characters in the password, such as / as %2F",
        Self::File(error) => "{error}",
    }
}

in_words! {
    Lack {
        Self::OwnConnections => "a pooler such as PgBouncer lends each connection for one transaction only, but nodes \
            keep theirs to LISTEN: connect to Postgres itself, or set pool_mode = session",
        Self::StartupParameters => "a pooler such as PgBouncer refuses this program's connections: connect to Postgres \
            itself, or set ignore_startup_parameters = extra_float_digits and pool_mode = session",
        Self::PostgresVersion(version) => "Postgres {version} is too old: upgrade to 13 or later",
        Self::PostgresEncoding(encoding) => "its encoding is {encoding}, which cannot store or search names in every \
            script: create another database with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, copy the data \
            with pg_dump, and set DATABASE_URL to the new database",
        Self::Writing => "it can only be read: remove mode=ro and immutable from its address, and let this user write \
            the file and its folder",
        Self::SqliteEncoding(encoding) => "its encoding is {encoding}, which sorts and searches differently: convert it \
            with `sqlite3 OLD .dump | sed /^PRAGMA.encoding/d | sqlite3 NEW`, and set DATABASE_URL to the new file",
        Self::WriteAheadLog(journal) => "its journal mode is {journal}, because the write-ahead log cannot be turned \
            on: put the file on a local disk",
        Self::SqliteVersion(version) => "SQLite {version} is too old: build with the SQLite that comes with this program",
        Self::SqliteModule(module) => "this SQLite was built without {module}: build with the SQLite that comes with \
            this program",
        Self::ForeignKeys => "this SQLite was built without foreign keys: build with the SQLite that comes with this \
            program",
    }
}
