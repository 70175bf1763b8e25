-- A table that is emptied at once tells it, too: TRUNCATE fires no trigger of its rows.
-- The folder beside this one holds the same for SQLite, which has no TRUNCATE.

CREATE TRIGGER users_standing_truncated AFTER TRUNCATE ON users
FOR EACH STATEMENT EXECUTE FUNCTION site_standing_changed();

CREATE TRIGGER sessions_standing_truncated AFTER TRUNCATE ON sessions
FOR EACH STATEMENT EXECUTE FUNCTION site_standing_changed();
