-- The names in the events of an act on many are indexed behind it, on Postgres. Here its search index costs
-- little, and none waits. The folder beside this one holds the same for Postgres.

ALTER TABLE events ADD COLUMN names_indexed BOOLEAN NOT NULL DEFAULT TRUE;

CREATE INDEX events_to_index ON events (id) WHERE NOT names_indexed;
