-- Events, and hourly counts for the charts.
-- The other folder has the same tables for Postgres; a test compares the two.

-- Stores names as they were at the time, so that they outlive the account.
CREATE TABLE curfew_events (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at DATETIME NOT NULL,
    kind TEXT NOT NULL,
    actor_id INTEGER,
    actor TEXT,
    subject_id INTEGER,
    subject TEXT,
    session_id TEXT,
    reason TEXT,
    staff_reason TEXT,
    user_reason TEXT,
    address TEXT,
    user_agent TEXT,
    detail TEXT,
    times INTEGER NOT NULL DEFAULT 1, -- how often it happened: acts that a client repeats at will are counted
    bulk_id TEXT, -- the bulk action that it is part of, or that it records as a whole
    names_key TEXT, -- the keys of actor and subject, one per line; a single line if both are the same
    names_indexed BOOLEAN NOT NULL DEFAULT TRUE, -- FALSE: an event of a bulk action, to be indexed in the background
    address_key TEXT NOT NULL DEFAULT '', -- the address as 32 hexadecimal characters of IPv6; '' if it is none
    browser_key TEXT NOT NULL DEFAULT '' -- the browser that the user agent names, in lower case; '' if it is unknown
);

CREATE INDEX curfew_events_by_time ON curfew_events (at, id);
CREATE INDEX curfew_events_by_kind ON curfew_events (kind, at, id);
-- For the staff's list. Both cover the other filters, so that an index scan seldom visits the table.
CREATE INDEX curfew_events_by_address ON curfew_events (address_key, at, id, kind, browser_key);
CREATE INDEX curfew_events_by_browser ON curfew_events (browser_key, at, id, kind, address_key);
CREATE INDEX curfew_events_of_acts ON curfew_events (at, id) WHERE bulk_id IS NULL OR kind = 'bulk-action'; -- for the overview
CREATE INDEX curfew_events_by_subject ON curfew_events (subject_id, at, id);
CREATE INDEX curfew_events_by_actor ON curfew_events (actor_id) WHERE address IS NOT NULL; -- for the erasure
CREATE INDEX curfew_events_to_index ON curfew_events (id) WHERE NOT names_indexed;

-- As for the users: every trigram of the names, with the events that have it.
CREATE VIRTUAL TABLE curfew_events_search USING fts5(
    keys, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE curfew_events_search_trigrams USING fts5vocab(curfew_events_search, instance);

-- Fills in names_key for an event that was written by hand.
CREATE TRIGGER curfew_events_search_insert AFTER INSERT ON curfew_events WHEN NEW.names_indexed BEGIN
    UPDATE curfew_events SET names_key = (
        SELECT concat_ws(char(10), actor_key, NULLIF(subject_key, actor_key))
        FROM (SELECT COALESCE((SELECT username_key FROM curfew_users WHERE id = NEW.actor_id), lower(NEW.actor)) AS actor_key,
                     COALESCE((SELECT username_key FROM curfew_users WHERE id = NEW.subject_id), lower(NEW.subject)) AS subject_key)
    ) WHERE id = NEW.id AND names_key IS NULL;
    INSERT INTO curfew_events_search (rowid, keys) SELECT id, names_key || char(10, 10) FROM curfew_events WHERE id = NEW.id;
END;

CREATE TRIGGER curfew_events_search_indexed AFTER UPDATE OF names_indexed ON curfew_events
WHEN NEW.names_indexed AND NOT OLD.names_indexed
BEGIN
    INSERT INTO curfew_events_search (rowid, keys) VALUES (NEW.id, NEW.names_key || char(10, 10));
END;

-- Deleting a row that is not in the index would corrupt the index.
CREATE TRIGGER curfew_events_search_delete AFTER DELETE ON curfew_events WHEN OLD.names_indexed BEGIN
    INSERT INTO curfew_events_search (curfew_events_search, rowid, keys)
    VALUES ('delete', OLD.id, OLD.names_key || char(10, 10));
END;

CREATE TRIGGER curfew_events_search_update AFTER UPDATE OF id, names_key, names_indexed ON curfew_events
WHEN OLD.names_key IS NOT NULL AND OLD.names_indexed
    AND (OLD.id <> NEW.id OR OLD.names_key <> NEW.names_key OR NOT NEW.names_indexed)
BEGIN
    INSERT INTO curfew_events_search (curfew_events_search, rowid, keys)
    VALUES ('delete', OLD.id, OLD.names_key || char(10, 10));
    INSERT INTO curfew_events_search (rowid, keys) SELECT NEW.id, NEW.names_key || char(10, 10) WHERE NEW.names_indexed;
END;

-- The chain of events: a link for each event, in the order in which they were linked. It shows an event that was changed
-- or deleted afterwards. Deleting old events deletes the first links too, except the last of them, the anchor.
CREATE TABLE curfew_event_links (
    number INTEGER NOT NULL PRIMARY KEY, -- from 1, without gaps
    event_id INTEGER NOT NULL,
    event_at DATETIME NOT NULL, -- a missing event must be old enough to have been deleted by retention
    linked_at DATETIME NOT NULL, -- long after the event only if no server was running
    digest BLOB NOT NULL, -- of what the event keeps
    personal_digest BLOB NOT NULL, -- of the salt, and of what the event loses when the account is deleted
    salt BLOB, -- NULL: erased with it
    previous BLOB NOT NULL, -- the hash of the previous link
    hash BLOB NOT NULL, -- of all of this
    seal BLOB NOT NULL -- a MAC of the hash, under a key that is not in the database
);

CREATE UNIQUE INDEX curfew_event_links_by_event ON curfew_event_links (event_id);

-- Events without a link. A trigger writes the rows, so that an event written by hand is linked too.
CREATE TABLE curfew_events_to_link (
    event_id INTEGER NOT NULL PRIMARY KEY
);

CREATE TRIGGER curfew_events_to_link AFTER INSERT ON curfew_events BEGIN
    INSERT INTO curfew_events_to_link (event_id) VALUES (NEW.id);
END;

-- Deleted accounts whose email, addresses and user agents are still in events. Upkeep erases them there in batches.
CREATE TABLE curfew_event_erasures (
    user_id INTEGER NOT NULL PRIMARY KEY
);

CREATE TRIGGER curfew_users_events_to_erase AFTER DELETE ON curfew_users BEGIN
    INSERT INTO curfew_event_erasures (user_id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
END;

-- How many sessions were live at the start of an hour, or soon after it.
CREATE TABLE curfew_live_sessions_by_hour (
    hour DATETIME NOT NULL PRIMARY KEY,
    live INTEGER NOT NULL
);

-- The logins and failed logins of each past hour, so that the charts need not count events again.
CREATE TABLE curfew_logins_by_hour (
    hour DATETIME NOT NULL PRIMARY KEY,
    logins INTEGER NOT NULL,
    failed_logins INTEGER NOT NULL
);
