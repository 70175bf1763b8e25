-- What has ended many sessions at once, until it is written into each of them. They are out by their
-- account's date; this only says who ended them and why. The folder beside this one holds the same
-- for SQLite.

CREATE TABLE session_ends (
    id BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    login_after TIMESTAMPTZ NOT NULL, -- those that were live, and made at login_until or before
    seen_after TIMESTAMPTZ NOT NULL,
    login_until TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ NOT NULL,
    ended_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    staff_reason TEXT,
    user_reason TEXT
);
