//! The errors of the store.

/// Why a store function failed.
#[derive(Debug)]
pub enum StoreError {
    /// The database gave no reliable answer. The guards must let nobody in.
    Unavailable(sqlx::Error),
    /// This node cannot write to the database, which may be a primary that was replaced.
    Unwritable,
    /// A row holds a value that only a bug or a manual change can have written.
    Unreadable(String),
    /// A row with this key already exists.
    Taken,
    /// Rows of another table refer to the row: what the database says.
    Referenced(String),
    /// A statement of the host failed: what the database says.
    OfHost(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Taken,
            sqlx::Error::Database(database) if database.is_foreign_key_violation() => {
                Self::Referenced(database.message().to_owned())
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Unreadable(error.to_string()),
            _ => Self::Unavailable(error),
        }
    }
}

/// Why a database could not be opened: one line for the person who starts the program.
#[derive(Debug)]
pub enum OpenError {
    /// The address names no known engine, or is malformed.
    Address(AddressFault),
    /// The file is missing, and this command does not create it.
    Missing(String),
    /// The database has no tables, and this command does not create them.
    Empty(String),
    /// The database has tables, but none of ours, and this command does not create them.
    Foreign(String),
    /// The database lacks a property that this program needs.
    Unfit(String, Lack),
    /// No server responds at the address.
    Unreachable(String, String),
    /// The file or its folder cannot be created or opened.
    File(String),
    /// A later version has migrated the database and removed what this version needs.
    Newer(String, i64),
    /// A migration is needed, and this role may not run it.
    MayNotMigrate(String, String),
    /// A migration failed.
    Migration(String, String),
}

/// What is wrong with the address of a database. No variant quotes the address of a server, which may hold a password.
#[derive(Debug)]
pub enum AddressFault {
    /// It names no known engine.
    Engine,
    /// It names Postgres, and this program was built without the feature `postgres`.
    WithoutPostgres,
    /// It lists several hosts in a parameter.
    HostsInParameter,
    /// The address of a server is malformed.
    Malformed,
    /// The address of a file is malformed: what its parser reports.
    File(String),
}

/// A property that this program needs, and that a database lacks.
#[derive(Debug)]
pub enum Lack {
    /// Connections of its own: a pooler lends each connection for one transaction.
    OwnConnections,
    /// Startup parameters: a pooler refuses them.
    StartupParameters,
    /// A recent version of Postgres. It has this one.
    PostgresVersion(String),
    /// UTF-8 in Postgres. It has this encoding.
    PostgresEncoding(String),
    /// The file can be written.
    Writing,
    /// UTF-8 in SQLite. It has this encoding.
    SqliteEncoding(String),
    /// The write-ahead log. It has this journal mode.
    WriteAheadLog(String),
    /// A recent version of SQLite. It has this one.
    SqliteVersion(String),
    /// This module of SQLite.
    SqliteModule(&'static str),
    /// Foreign keys.
    ForeignKeys,
}
