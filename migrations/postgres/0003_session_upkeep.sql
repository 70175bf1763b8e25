-- What tidies the sessions by itself: the live ones in the order in which they reach their limits, and
-- the ended ones in the order in which they are purged, so that it reads only what it will change.
-- The folder beside this one holds the same for SQLite.

CREATE INDEX sessions_live_by_login ON sessions (login_date) WHERE ended_at IS NULL;
CREATE INDEX sessions_live_by_last_seen ON sessions (last_seen) WHERE ended_at IS NULL;
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
