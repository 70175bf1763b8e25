-- When the clock showed that a login was made. Its login_date only says which of two came first: it may lie ahead of
-- any clock, and no age is counted from it. The folder beside this one holds the same for Postgres.

ALTER TABLE sessions ADD COLUMN opened_at DATETIME;
ALTER TABLE tokens ADD COLUMN opened_at DATETIME;
ALTER TABLE session_ends ADD COLUMN opened_after DATETIME;
ALTER TABLE users ADD COLUMN last_opened_at DATETIME; -- of the latest login, for people to read

UPDATE sessions SET opened_at = MIN(login_date, strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
    last_seen = MIN(last_seen, strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'));
UPDATE tokens SET opened_at = MIN(login_date, strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'));

CREATE INDEX sessions_live_by_opened_at ON sessions (opened_at) WHERE ended_at IS NULL;

-- A program of before, which may run beside this one for a while, knows only the login_date.
CREATE TRIGGER sessions_opened AFTER INSERT ON sessions WHEN NEW.opened_at IS NULL
BEGIN
    UPDATE sessions SET opened_at = login_date WHERE id = NEW.id;
END;

CREATE TRIGGER tokens_opened AFTER INSERT ON tokens WHEN NEW.opened_at IS NULL
BEGIN
    UPDATE tokens SET opened_at = login_date WHERE id = NEW.id;
END;

-- What a hand writes there is told.
CREATE TRIGGER sessions_opened_at_changed AFTER UPDATE OF opened_at ON sessions WHEN OLD.opened_at IS NOT NULL
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (NEW.user_id);
END;

CREATE TRIGGER tokens_opened_at_changed AFTER UPDATE OF opened_at ON tokens WHEN OLD.opened_at IS NOT NULL
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (NEW.user_id);
END;
