-- Accounts: the users, their login names, the site's own row, and templates for reasons. Timestamps are UTC with microseconds.
-- The other folder has the same tables for Postgres; a test compares the two.

CREATE TABLE curfew_users (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never reused: cookies carry it
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE, -- after NFKC and case folding
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    email_verified_at DATETIME, -- NULL: nobody has proven that the address is the user's
    pending_email TEXT, -- a new email that waits for its own letter
    email_distrusted_at DATETIME, -- when the owner said that somebody else set the email; no letter goes there since
    password_hash TEXT NOT NULL,
    password_version INTEGER NOT NULL DEFAULT 0, -- one more with each new password: browsers known before it are unknown again
    known_from DATETIME, -- browsers and programs used before are new to the account: the password was reset, or taken out of use
    known_from_version INTEGER NOT NULL DEFAULT 0, -- the password_version then
    is_active BOOLEAN NOT NULL,
    is_staff BOOLEAN NOT NULL,
    is_superuser BOOLEAN NOT NULL,
    date_joined DATETIME NOT NULL,
    last_login DATETIME, -- by the clock
    last_login_date DATETIME, -- the latest LAST_LOGIN_DATE, which orders logins among force logouts
    last_seen DATETIME,
    force_logout_date DATETIME, -- ends logins dated at or before it; never moves back
    force_logout_cause TEXT,
    force_logout_staff_reason TEXT,
    force_logout_user_reason TEXT,
    force_logout_scheduled DATETIME, -- becomes force_logout_date when first seen to be due
    force_logout_scheduled_by TEXT,
    force_logout_scheduled_staff_reason TEXT,
    force_logout_scheduled_user_reason TEXT,
    deactivated_until DATETIME, -- NULL: until staff activate the account
    deactivated_staff_reason TEXT,
    deactivated_user_reason TEXT,
    attacked_at DATETIME -- when strangers last reached the limit of wrong passwords; at most once an hour
);

-- Finds the latest LAST_LOGIN_DATE of all users: a force logout of everyone is not dated before it.
CREATE INDEX curfew_users_by_last_login_date ON curfew_users (last_login_date);
CREATE INDEX curfew_users_scheduled ON curfew_users (force_logout_scheduled) WHERE force_logout_scheduled IS NOT NULL;
CREATE INDEX curfew_users_deactivated_until ON curfew_users (deactivated_until) WHERE deactivated_until IS NOT NULL;

-- Every username and email that a user can log in with. Each key belongs to one account.
CREATE TABLE curfew_login_names (
    name_key TEXT NOT NULL PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES curfew_users (id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX curfew_login_names_by_user ON curfew_login_names (user_id);

-- What each username looks like (Unicode Technical Standard 39, skeletons). Each look belongs to one account.
CREATE TABLE curfew_name_skeletons (
    skeleton TEXT NOT NULL PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES curfew_users (id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX curfew_name_skeletons_by_user ON curfew_name_skeletons (user_id);

-- A single row: the force logout of everyone, and the setup code.
CREATE TABLE curfew_site (
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

INSERT INTO curfew_site (id) VALUES (1);

-- Reasons that superusers have written for staff to choose from.
CREATE TABLE curfew_reason_templates (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL UNIQUE, -- after NFKC and case folding
    staff_reason TEXT,
    user_reason TEXT
);
