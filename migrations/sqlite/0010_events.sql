-- The staff's list of events: any search, kind, period and page, also with a million of them; and the
-- live sessions of each hour, for the overview. The folder beside this one holds the same for Postgres.

-- The comparison keys of actor and subject, a line each; one line where both are the same. The
-- previous version of the program writes none, and neither does a hand: then a trigger does.
ALTER TABLE events ADD COLUMN names_key TEXT;

UPDATE events SET names_key = (
    SELECT concat_ws(char(10), actor_key, NULLIF(subject_key, actor_key))
    FROM (SELECT COALESCE((SELECT username_key FROM users WHERE id = events.actor_id), lower(events.actor)) AS actor_key,
                 COALESCE((SELECT username_key FROM users WHERE id = events.subject_id), lower(events.subject)) AS subject_key)
);

-- As for the users: every three characters in a row, with the events that have them.
CREATE VIRTUAL TABLE events_search USING fts5(
    keys, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE events_search_trigrams USING fts5vocab(events_search, instance);

INSERT INTO events_search (rowid, keys) SELECT id, names_key || char(10, 10) FROM events;

CREATE TRIGGER events_search_insert AFTER INSERT ON events BEGIN
    UPDATE events SET names_key = (
        SELECT concat_ws(char(10), actor_key, NULLIF(subject_key, actor_key))
        FROM (SELECT COALESCE((SELECT username_key FROM users WHERE id = NEW.actor_id), lower(NEW.actor)) AS actor_key,
                     COALESCE((SELECT username_key FROM users WHERE id = NEW.subject_id), lower(NEW.subject)) AS subject_key)
    ) WHERE id = NEW.id AND names_key IS NULL;
    INSERT INTO events_search (rowid, keys) SELECT id, names_key || char(10, 10) FROM events WHERE id = NEW.id;
END;

CREATE TRIGGER events_search_delete AFTER DELETE ON events BEGIN
    INSERT INTO events_search (events_search, rowid, keys)
    VALUES ('delete', OLD.id, OLD.names_key || char(10, 10));
END;

CREATE TRIGGER events_search_update AFTER UPDATE OF id, names_key ON events
WHEN OLD.names_key IS NOT NULL AND (OLD.id <> NEW.id OR OLD.names_key <> NEW.names_key)
BEGIN
    INSERT INTO events_search (events_search, rowid, keys)
    VALUES ('delete', OLD.id, OLD.names_key || char(10, 10));
    INSERT INTO events_search (rowid, keys) VALUES (NEW.id, NEW.names_key || char(10, 10));
END;

-- In the order of the list.
DROP INDEX events_by_subject;
CREATE INDEX events_by_subject ON events (subject_id, at, id);

-- How many sessions were live at the beginning of an hour, or soon after it.
CREATE TABLE live_sessions_by_hour (
    hour DATETIME NOT NULL PRIMARY KEY,
    live INTEGER NOT NULL
);

-- How many logins and failed logins there were in each hour that is over, so that nobody counts a
-- fortnight of them again and again.
CREATE TABLE logins_by_hour (
    hour DATETIME NOT NULL PRIMARY KEY,
    logins INTEGER NOT NULL,
    failed_logins INTEGER NOT NULL
);
