-- What nodes count together, such as failed logins, where there is no Redis for it. Not logged: it is
-- written often, and a crash may lose it. The folder beside this one holds the same for SQLite.

CREATE UNLOGGED TABLE shared_counters (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    text TEXT,
    kept_until TIMESTAMPTZ
);

CREATE INDEX shared_counters_by_end ON shared_counters (kept_until);
