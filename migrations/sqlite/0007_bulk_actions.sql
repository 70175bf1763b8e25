-- Bulk actions of staff: the numbers that the page promised, and the progress. Also stored lists of users.
-- The other folder has the same tables for Postgres; a test compares the two.

CREATE TABLE curfew_bulk_actions (
    id TEXT NOT NULL PRIMARY KEY, -- created with the page that promises, so that a second click is the same action
    actor_id INTEGER,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    promised_users INTEGER NOT NULL,
    promised_sessions INTEGER NOT NULL,
    promised_tokens INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    users_done INTEGER NOT NULL,
    sessions_ended INTEGER NOT NULL,
    tokens_ended INTEGER NOT NULL,
    started_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    ended_at DATETIME, -- NULL: still running, or its server has stopped
    failure TEXT, -- why it stopped early
    force_logout_at DATETIME, -- NULL: now
    deactivated_until DATETIME,
    event_id INTEGER -- the event of the whole action
);

CREATE INDEX curfew_bulk_actions_by_time ON curfew_bulk_actions (started_at);

-- Lists of users: those that staff pasted, and those that a bulk action affected, under its own id.
CREATE TABLE curfew_user_lists (
    id TEXT NOT NULL PRIMARY KEY,
    created_at DATETIME NOT NULL
);

CREATE INDEX curfew_user_lists_by_time ON curfew_user_lists (created_at);

CREATE TABLE curfew_listed_users (
    list_id TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    PRIMARY KEY (list_id, user_id)
);
