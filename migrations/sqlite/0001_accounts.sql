-- Users, their sessions, the site's own standing, and the events. Moments are UTC with microseconds.
-- The folder beside this one holds the same tables for Postgres; a test compares the two.

CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never given twice: cookies carry it
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE, -- after NFKC and case folding
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    is_staff BOOLEAN NOT NULL,
    is_superuser BOOLEAN NOT NULL,
    date_joined DATETIME NOT NULL,
    last_login DATETIME,
    last_seen DATETIME,
    force_logout_date DATETIME, -- logins made then or before are out; never moves back
    force_logout_cause TEXT,
    force_logout_staff_reason TEXT,
    force_logout_user_reason TEXT,
    force_logout_scheduled DATETIME, -- folded into force_logout_date by whoever first sees it due
    force_logout_scheduled_by TEXT,
    force_logout_scheduled_staff_reason TEXT,
    force_logout_scheduled_user_reason TEXT,
    deactivated_until DATETIME, -- none: until somebody activates it
    deactivated_staff_reason TEXT,
    deactivated_user_reason TEXT
);

CREATE INDEX users_by_date_joined ON users (date_joined, id);
CREATE INDEX users_by_last_login ON users (last_login, id);
CREATE INDEX users_by_last_seen ON users (last_seen, id);
CREATE INDEX users_with_a_role ON users (id) WHERE is_staff OR is_superuser;
CREATE INDEX users_inactive ON users (id) WHERE NOT is_active;
CREATE INDEX users_scheduled ON users (force_logout_scheduled) WHERE force_logout_scheduled IS NOT NULL;

-- Every username and email by which somebody logs in: one key, one account.
CREATE TABLE login_names (
    name_key TEXT NOT NULL PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX login_names_by_user ON login_names (user_id);

-- A session outlives its account, so that its browser can be told that the account was deleted.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY, -- the public name; opens nothing
    user_id INTEGER NOT NULL,
    secret_hash BLOB NOT NULL,
    remember BOOLEAN NOT NULL,
    login_date DATETIME NOT NULL,
    last_seen DATETIME NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    ended_at DATETIME,
    ended_by TEXT,
    reason TEXT,
    staff_reason TEXT,
    user_reason TEXT
);

CREATE INDEX sessions_by_user ON sessions (user_id, login_date);
CREATE INDEX sessions_live_by_user ON sessions (user_id) WHERE ended_at IS NULL;

-- One row: what holds for everyone.
CREATE TABLE site (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    force_logout_date DATETIME,
    force_logout_staff_reason TEXT,
    force_logout_user_reason TEXT,
    force_logout_scheduled DATETIME,
    force_logout_scheduled_by TEXT,
    force_logout_scheduled_staff_reason TEXT,
    force_logout_scheduled_user_reason TEXT,
    setup_code_hash BLOB
);

INSERT INTO site (id) VALUES (1);

-- What happened. Names are kept as they were, so that they outlive the account.
CREATE TABLE events (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at DATETIME NOT NULL,
    kind TEXT NOT NULL,
    actor_id INTEGER,
    actor TEXT,
    subject_id INTEGER,
    subject TEXT,
    session_id TEXT,
    reason TEXT,
    staff_reason TEXT,
    user_reason TEXT,
    address TEXT,
    user_agent TEXT,
    detail TEXT
);

CREATE INDEX events_by_moment ON events (at, id);
CREATE INDEX events_by_kind ON events (kind, at);
CREATE INDEX events_by_subject ON events (subject_id, id);
