-- The nodes that serve the site, and what each has applied. The folder beside this one holds the same
-- for Postgres.

-- A node is in the count until its lease ends, which it renews while it lives.
CREATE TABLE nodes (
    id TEXT NOT NULL PRIMARY KEY, -- made anew at each start
    name TEXT NOT NULL,
    started_at DATETIME NOT NULL,
    lease_until DATETIME NOT NULL
);

-- That a node has applied an act of staff, from when on; its name outlives the node.
CREATE TABLE receipts (
    event_id INTEGER NOT NULL,
    node_id TEXT NOT NULL,
    node_name TEXT NOT NULL,
    applied_at DATETIME NOT NULL,
    PRIMARY KEY (event_id, node_id)
);

CREATE INDEX receipts_by_moment ON receipts (applied_at);

-- A change that asks each node for a receipt names the event that it belongs to.
ALTER TABLE standing_changes ADD COLUMN event_id INTEGER;

CREATE INDEX standing_changes_with_receipt ON standing_changes (user_id, id) WHERE event_id IS NOT NULL;
