-- The nodes that serve the site, and what each has applied.
-- The other folder has the same tables for SQLite; a test compares the two.

CREATE TABLE curfew_nodes (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- new at each start
    name TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL -- a running node renews its lease; it counts until the lease ends
);

-- Receipts: when a node applied an action of staff. Stores the node's name, which outlives the node.
CREATE TABLE curfew_receipts (
    event_id BIGINT NOT NULL,
    node_id TEXT COLLATE "C" NOT NULL,
    node_name TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (event_id, node_id)
);

CREATE INDEX curfew_receipts_by_time ON curfew_receipts (applied_at);

-- What nodes count together, such as failed logins. UNLOGGED: a crash may empty it.
CREATE UNLOGGED TABLE curfew_shared_counters (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    text TEXT,
    kept_until TIMESTAMPTZ
);

CREATE INDEX curfew_shared_counters_by_end ON curfew_shared_counters (kept_until);
