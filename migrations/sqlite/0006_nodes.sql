-- The nodes that serve the site, and what each has applied.
-- The other folder has the same tables for Postgres; a test compares the two.

CREATE TABLE curfew_nodes (
    id TEXT NOT NULL PRIMARY KEY, -- new at each start
    name TEXT NOT NULL,
    started_at DATETIME NOT NULL,
    lease_until DATETIME NOT NULL -- a running node renews its lease; it counts until the lease ends
);

-- Receipts: when a node applied an action of staff. Stores the node's name, which outlives the node.
CREATE TABLE curfew_receipts (
    event_id INTEGER NOT NULL,
    node_id TEXT NOT NULL,
    node_name TEXT NOT NULL,
    applied_at DATETIME NOT NULL,
    PRIMARY KEY (event_id, node_id)
);

CREATE INDEX curfew_receipts_by_time ON curfew_receipts (applied_at);

-- What nodes count together, such as failed logins. Only Postgres uses it, where a site may have several nodes.
CREATE TABLE curfew_shared_counters (
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT,
    kept_until DATETIME
);

CREATE INDEX curfew_shared_counters_by_end ON curfew_shared_counters (kept_until);
