-- When the password of a session's account was last proven from it, after its login; none: at its login.
-- The folder beside this one holds the same for SQLite.

ALTER TABLE sessions ADD COLUMN proven_at TIMESTAMPTZ;
