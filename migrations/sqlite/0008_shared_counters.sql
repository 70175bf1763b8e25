-- What nodes count together, such as failed logins: used on Postgres, where there are several. Here so
-- that both engines have the same tables.

CREATE TABLE shared_counters (
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT,
    kept_until DATETIME
);

CREATE INDEX shared_counters_by_end ON shared_counters (kept_until);
