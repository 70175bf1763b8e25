-- When the clock showed that a login was made. Its login_date only says which of two came first: it may lie ahead of
-- any clock, and no age is counted from it. The folder beside this one holds the same for SQLite.

ALTER TABLE sessions ADD COLUMN opened_at TIMESTAMPTZ;
ALTER TABLE tokens ADD COLUMN opened_at TIMESTAMPTZ;
ALTER TABLE session_ends ADD COLUMN opened_after TIMESTAMPTZ;
ALTER TABLE users ADD COLUMN last_opened_at TIMESTAMPTZ; -- of the latest login, for people to read

UPDATE sessions SET opened_at = LEAST(login_date, now()), last_seen = LEAST(last_seen, now());
UPDATE tokens SET opened_at = LEAST(login_date, now());

CREATE INDEX sessions_live_by_opened_at ON sessions (opened_at) WHERE ended_at IS NULL;

-- A program of before, which may run beside this one for a while, knows only the login_date.
CREATE FUNCTION login_opened() RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.opened_at := NEW.login_date;
    RETURN NEW;
END
$$;

CREATE TRIGGER sessions_opened BEFORE INSERT ON sessions
FOR EACH ROW WHEN (NEW.opened_at IS NULL) EXECUTE FUNCTION login_opened();

CREATE TRIGGER tokens_opened BEFORE INSERT ON tokens
FOR EACH ROW WHEN (NEW.opened_at IS NULL) EXECUTE FUNCTION login_opened();

-- What a hand writes there is told.
CREATE TRIGGER sessions_opened_at_changed AFTER UPDATE OF opened_at ON sessions
FOR EACH ROW EXECUTE FUNCTION sessions_standing_changed();

CREATE TRIGGER tokens_opened_at_changed AFTER UPDATE OF opened_at ON tokens
FOR EACH ROW EXECUTE FUNCTION tokens_standing_changed();
