//! The errors of the store.

/// Why a store function failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database gave no reliable answer. The guards must let nobody in.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// This node cannot write to the database, which may be a primary that was replaced.
    #[error("this node cannot write to the database, so it does not trust what it reads there")]
    Unwritable,
    /// A row holds a value that only a bug or a manual change can have written.
    #[error("the database holds a value that this program cannot read: {0}")]
    Unreadable(String),
    /// A row with this key already exists.
    #[error("a row with this key already exists")]
    Taken,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Taken,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Unreadable(error.to_string()),
            _ => Self::Unavailable(error),
        }
    }
}

/// Why a database could not be opened: one line for the person who starts the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address names no known engine, or is malformed.
    #[error("the database address is wrong: give sqlite:PATH or postgres://USER@HOST/NAME ({0})")]
    Address(String),
    /// The file is missing, and this command does not create it.
    #[error(
        "there is no database file {0}: set DATABASE_URL to the site's database, or create a new one with \
         `curfew migrate`"
    )]
    Missing(String),
    /// The database has no tables, and this command does not create them.
    #[error(
        "the database {0} is empty: set DATABASE_URL to the site's database, or create its tables with \
         `curfew migrate`"
    )]
    Empty(String),
    /// The database lacks a property that this program needs.
    #[error("the database {0} cannot be used: {1}")]
    Unfit(String, String),
    /// No server responds at the address.
    #[error("the database {0} cannot be opened: {1}; is it running, and may this user reach it?")]
    Unreachable(String, String),
    /// The file or its folder cannot be created or opened.
    #[error("the database file cannot be opened: {0}; may this user write there, and is it a database?")]
    File(String),
    /// A later version has migrated the database and removed what this version needs.
    #[error("the database {0} is newer than this program (it has migration {1}): start a newer version of curfew")]
    Newer(String, i64),
    /// A migration is needed, and this role may not run it.
    #[error(
        "the database {0} needs a migration that this role may not run ({1}): run `curfew migrate` as the role that \
         owns it"
    )]
    MayNotMigrate(String, String),
    /// A migration failed.
    #[error("the database {0} could not be migrated: {1}")]
    Migration(String, String),
}
