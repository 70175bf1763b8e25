-- The nodes that serve the site, and what each has applied. The other folder has the same tables for Postgres; a test compares the two.

CREATE TABLE nodes (
    id TEXT NOT NULL PRIMARY KEY, -- a new one at each start
    name TEXT NOT NULL,
    started_at DATETIME NOT NULL,
    lease_until DATETIME NOT NULL -- a node counts until its lease ends; it renews the lease while it runs
);

-- When a node applied an act of staff. The node's name outlives the node.
CREATE TABLE receipts (
    event_id INTEGER NOT NULL,
    node_id TEXT NOT NULL,
    node_name TEXT NOT NULL,
    applied_at DATETIME NOT NULL,
    PRIMARY KEY (event_id, node_id)
);

CREATE INDEX receipts_by_moment ON receipts (applied_at);

-- What nodes count together, such as failed logins. Only Postgres uses it, where a site may have several nodes.
CREATE TABLE shared_counters (
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT,
    kept_until DATETIME
);

CREATE INDEX shared_counters_by_end ON shared_counters (kept_until);
