-- The names in the events of an act on many are indexed behind it: half of the time of such an act went
-- into the search index. The folder beside this one holds the same for SQLite.

-- While the index is made anew, what happens waits: some thirty seconds for a million events.
LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE;

ALTER TABLE events ADD COLUMN names_indexed BOOLEAN NOT NULL DEFAULT TRUE;

DROP INDEX events_search;
CREATE INDEX events_search ON events USING gin (users_trigrams(names_key, ''))
WITH (gin_pending_list_limit = 256) WHERE names_indexed;

CREATE INDEX events_to_index ON events (id) WHERE NOT names_indexed;
