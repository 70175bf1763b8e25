-- Who ended the sessions of an account is written into them before the next act on it. The folder beside
-- this one holds the same for Postgres.

CREATE INDEX session_ends_by_user ON session_ends (user_id);
