-- Acts of staff on many users: what was promised, and how far each has come. The folder beside this one
-- holds the same for Postgres.

CREATE TABLE bulk_acts (
    id TEXT NOT NULL PRIMARY KEY, -- made with the page that promises; a second click is the same act
    actor_id INTEGER,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    promised_users INTEGER NOT NULL,
    promised_sessions INTEGER NOT NULL,
    skipped INTEGER NOT NULL, -- as was promised
    users_done INTEGER NOT NULL,
    sessions_ended INTEGER NOT NULL,
    started_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    ended_at DATETIME, -- none: it goes on, or its server has stopped
    failure TEXT -- why it did not come to its end
);

CREATE INDEX bulk_acts_by_moment ON bulk_acts (started_at);
