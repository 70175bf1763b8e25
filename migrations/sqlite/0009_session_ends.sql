-- What has ended many sessions at once, until it is written into each of them. They are out by their
-- account's date; this only says who ended them and why. The folder beside this one holds the same
-- for Postgres.

CREATE TABLE session_ends (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL,
    login_after DATETIME NOT NULL, -- those that were live, and made at login_until or before
    seen_after DATETIME NOT NULL,
    login_until DATETIME NOT NULL,
    ended_at DATETIME NOT NULL,
    ended_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    staff_reason TEXT,
    user_reason TEXT
);
