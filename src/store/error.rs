//! What can go wrong with a database.

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer that could be relied on. Nobody may be let in on it.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A database that this node cannot write, and that may have been replaced by another.
    #[error("this node cannot write to the database, and believes nothing that it reads there")]
    Unwritable,
    /// A row that only a hand or a bug can have written.
    #[error("the database holds what this program cannot read: {0}")]
    Unreadable(String),
    /// A row of that key is there already.
    #[error("a row of that key is there already")]
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

/// Why a database could not be opened, in one line for the person who starts the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is of no known engine, or malformed.
    #[error("the database address is wrong: give sqlite:PATH or postgres://USER@HOST/NAME ({0})")]
    Address(String),
    /// There is no such file, and this command does not create it.
    #[error(
        "there is no database file {0}: set DATABASE_URL to the site's database, or create a new one with \
         `curfew migrate`"
    )]
    Missing(String),
    /// It has no tables, and this command does not create them.
    #[error(
        "the database {0} is empty: set DATABASE_URL to the site's database, or create its tables with \
         `curfew migrate`"
    )]
    Empty(String),
    /// It lacks what this program relies on.
    #[error("the database {0} cannot be used: {1}")]
    Unfit(String, String),
    /// Nothing answers there.
    #[error("the database {0} cannot be opened: {1}; is it running, and may this user reach it?")]
    Unreachable(String, String),
    /// The file, or its folder, is not to be had.
    #[error("the database file cannot be opened: {0}; may this user write there, and is it a database?")]
    File(String),
    /// Migrated by a later version, which has taken away what this one needs.
    #[error("the database {0} is newer than this program (it has migration {1}): start a newer version of curfew")]
    Newer(String, i64),
    /// There is something to migrate, and this role has no right to.
    #[error(
        "the database {0} is to be migrated, and this role may not ({1}): run `curfew migrate` as the role that owns it"
    )]
    MayNotMigrate(String, String),
    /// A migration failed.
    #[error("the database {0} could not be migrated: {1}")]
    Migration(String, String),
}
