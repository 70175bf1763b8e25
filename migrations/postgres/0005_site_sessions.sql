-- The staff's list of the sessions of the whole site, the newest login first, also with a million.
-- The folder beside this one holds the same for SQLite.
--
-- Without last_seen, which is written all the time.

CREATE INDEX sessions_by_login_date ON sessions (login_date, id);
CREATE INDEX sessions_live_by_login_date ON sessions (login_date, id) WHERE ended_at IS NULL AND reason IS NULL;
