-- Events, and hourly counts for the charts.
-- The other folder has the same tables for SQLite; a test compares the two.

-- Stores names as they were at the time, so that they outlive the account.
CREATE TABLE curfew_events (
    id BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    actor_id BIGINT,
    actor TEXT,
    subject_id BIGINT,
    subject TEXT,
    session_id TEXT,
    reason TEXT,
    staff_reason TEXT,
    user_reason TEXT,
    address TEXT,
    user_agent TEXT,
    detail TEXT,
    times BIGINT NOT NULL DEFAULT 1, -- how often it happened: acts that a client repeats at will are counted
    bulk_id TEXT COLLATE "C", -- the bulk action that it is part of, or that it records as a whole
    names_key TEXT COLLATE "C", -- the keys of actor and subject, one per line; a single line if both are the same
    names_indexed BOOLEAN NOT NULL DEFAULT TRUE, -- FALSE: an event of a bulk action, to be indexed in the background
    address_key TEXT COLLATE "C" NOT NULL DEFAULT '', -- the address as 32 hexadecimal characters of IPv6; '' if it is none
    browser_key TEXT COLLATE "C" NOT NULL DEFAULT '' -- the browser that the user agent names, in lower case; '' if it is unknown
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

-- As for the users: every trigram of the names.
CREATE INDEX curfew_events_search ON curfew_events USING gin (curfew_users_trigrams(names_key, ''))
    WITH (gin_pending_list_limit = 256) WHERE names_indexed;

CREATE FUNCTION curfew_events_names_key(actor_id BIGINT, actor TEXT, subject_id BIGINT, subject TEXT) RETURNS TEXT
LANGUAGE sql STABLE AS $$
    SELECT concat_ws(E'\n', actor_key, NULLIF(subject_key, actor_key))
    FROM (SELECT COALESCE((SELECT username_key FROM curfew_users WHERE id = $1), lower($2)) AS actor_key,
                 COALESCE((SELECT username_key FROM curfew_users WHERE id = $3), lower($4)) AS subject_key) AS keys
$$;

-- Fills in names_key for an event that was written by hand.
CREATE FUNCTION curfew_events_names_key_missing() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.names_key = curfew_events_names_key(NEW.actor_id, NEW.actor, NEW.subject_id, NEW.subject);
    RETURN NEW;
END
$$;

CREATE TRIGGER curfew_events_names_key_missing BEFORE INSERT ON curfew_events
    FOR EACH ROW WHEN (NEW.names_key IS NULL) EXECUTE FUNCTION curfew_events_names_key_missing();

-- The chain of events: a link for each event, in the order in which they were linked. It shows an event that was changed
-- or deleted afterwards. Deleting old events deletes the first links too, except the last of them, the anchor.
CREATE TABLE curfew_event_links (
    number BIGINT NOT NULL PRIMARY KEY, -- from 1, without gaps
    event_id BIGINT NOT NULL,
    event_at TIMESTAMPTZ NOT NULL, -- a missing event must be old enough to have been deleted by retention
    linked_at TIMESTAMPTZ NOT NULL, -- long after the event only if no server was running
    digest BYTEA NOT NULL, -- of what the event keeps
    personal_digest BYTEA NOT NULL, -- of the salt, and of what the event loses when the account is deleted
    salt BYTEA, -- NULL: erased with it
    previous BYTEA NOT NULL, -- the hash of the previous link
    hash BYTEA NOT NULL, -- of all of this
    seal BYTEA NOT NULL -- a MAC of the hash, under a key that is not in the database
);

CREATE UNIQUE INDEX curfew_event_links_by_event ON curfew_event_links (event_id);

-- Events without a link. A trigger writes the rows, so that an event written by hand is linked too.
CREATE TABLE curfew_events_to_link (
    event_id BIGINT NOT NULL PRIMARY KEY
);

-- Runs as the owner, so that a role can add events without the right to add any other row here.
CREATE FUNCTION curfew_events_to_link() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO curfew_events_to_link (event_id) SELECT id FROM inserted;
    RETURN NULL;
END
$$;

CREATE TRIGGER curfew_events_to_link AFTER INSERT ON curfew_events REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION curfew_events_to_link();

-- Deleted accounts whose email, addresses and user agents are still in events. Upkeep erases them there in batches.
CREATE TABLE curfew_event_erasures (
    user_id BIGINT NOT NULL PRIMARY KEY
);

-- Runs as the owner, like curfew_events_to_link().
CREATE FUNCTION curfew_users_events_to_erase() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO curfew_event_erasures (user_id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TRIGGER curfew_users_events_to_erase AFTER DELETE ON curfew_users
    FOR EACH ROW EXECUTE FUNCTION curfew_users_events_to_erase();

-- Only these triggers may call the two, not a trigger on a table of somebody else. They see only this schema, because a
-- temporary table would come first otherwise.
REVOKE ALL ON FUNCTION curfew_events_to_link(), curfew_users_events_to_erase() FROM PUBLIC;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION curfew_events_to_link() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION curfew_users_events_to_erase() SET search_path = %I, pg_temp', current_schema());
END
$$;

-- How many sessions were live at the start of an hour, or soon after it.
CREATE TABLE curfew_live_sessions_by_hour (
    hour TIMESTAMPTZ NOT NULL PRIMARY KEY,
    live BIGINT NOT NULL
);

-- The logins and failed logins of each past hour, so that the charts need not count events again.
CREATE TABLE curfew_logins_by_hour (
    hour TIMESTAMPTZ NOT NULL PRIMARY KEY,
    logins BIGINT NOT NULL,
    failed_logins BIGINT NOT NULL
);
