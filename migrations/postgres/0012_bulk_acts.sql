-- Acts of staff on many users: what was promised, and how far each has come. The folder beside this one
-- holds the same for SQLite.

CREATE TABLE bulk_acts (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- made with the page that promises; a second click is the same act
    actor_id BIGINT,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    promised_users BIGINT NOT NULL,
    promised_sessions BIGINT NOT NULL,
    skipped BIGINT NOT NULL, -- as was promised
    users_done BIGINT NOT NULL,
    sessions_ended BIGINT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ, -- none: it goes on, or its server has stopped
    failure TEXT -- why it did not come to its end
);

CREATE INDEX bulk_acts_by_moment ON bulk_acts (started_at);
