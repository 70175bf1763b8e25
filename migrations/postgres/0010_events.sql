-- The staff's list of events: any search, kind, period and page, also with a million of them; and the
-- live sessions of each hour, for the overview. The folder beside this one holds the same for SQLite.

-- The comparison keys of actor and subject, a line each; one line where both are the same. The
-- previous version of the program writes none, and neither does a hand: then a trigger does.
ALTER TABLE events ADD COLUMN names_key TEXT COLLATE "C";

CREATE FUNCTION events_names_key(actor_id BIGINT, actor TEXT, subject_id BIGINT, subject TEXT) RETURNS TEXT
LANGUAGE sql STABLE
AS $$
    SELECT concat_ws(E'\n', actor_key, NULLIF(subject_key, actor_key))
    FROM (SELECT COALESCE((SELECT username_key FROM users WHERE id = $1), lower($2)) AS actor_key,
                 COALESCE((SELECT username_key FROM users WHERE id = $3), lower($4)) AS subject_key) AS keys
$$;

UPDATE events SET names_key = events_names_key(actor_id, actor, subject_id, subject);

CREATE FUNCTION events_names_key_missing() RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.names_key = events_names_key(NEW.actor_id, NEW.actor, NEW.subject_id, NEW.subject);
    RETURN NEW;
END
$$;

CREATE TRIGGER events_names_key_missing BEFORE INSERT ON events
FOR EACH ROW WHEN (NEW.names_key IS NULL) EXECUTE FUNCTION events_names_key_missing();

-- The same trigrams as those of the users.
CREATE INDEX events_search ON events USING gin (users_trigrams(names_key, '')) WITH (gin_pending_list_limit = 256);

-- In the order of the list.
DROP INDEX events_by_subject;
CREATE INDEX events_by_subject ON events (subject_id, at, id);

-- How many sessions were live at the beginning of an hour, or soon after it.
CREATE TABLE live_sessions_by_hour (
    hour TIMESTAMPTZ NOT NULL PRIMARY KEY,
    live BIGINT NOT NULL
);

-- How many logins and failed logins there were in each hour that is over, so that nobody counts a
-- fortnight of them again and again.
CREATE TABLE logins_by_hour (
    hour TIMESTAMPTZ NOT NULL PRIMARY KEY,
    logins BIGINT NOT NULL,
    failed_logins BIGINT NOT NULL
);
