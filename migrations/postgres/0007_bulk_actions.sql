-- Bulk actions of staff: the numbers that the page promised, and the progress. Also stored lists of users.
-- The other folder has the same tables for SQLite; a test compares the two.

CREATE TABLE curfew_bulk_actions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- created with the page that promises, so that a second click is the same action
    actor_id BIGINT,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    promised_users BIGINT NOT NULL,
    promised_sessions BIGINT NOT NULL,
    promised_tokens BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    users_done BIGINT NOT NULL,
    sessions_ended BIGINT NOT NULL,
    tokens_ended BIGINT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ, -- NULL: still running, or its server has stopped
    failure TEXT, -- why it stopped early
    force_logout_at TIMESTAMPTZ, -- NULL: now
    deactivated_until TIMESTAMPTZ,
    event_id BIGINT -- the event of the whole action
);

CREATE INDEX curfew_bulk_actions_by_time ON curfew_bulk_actions (started_at);

-- Lists of users: those that staff pasted, and those that a bulk action affected, under its own id.
CREATE TABLE curfew_user_lists (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX curfew_user_lists_by_time ON curfew_user_lists (created_at);

CREATE TABLE curfew_listed_users (
    list_id TEXT COLLATE "C" NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (list_id, user_id)
);
