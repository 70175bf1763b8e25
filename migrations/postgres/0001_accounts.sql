-- Accounts: the users, their login names, the site's own row, and templates for reasons. Timestamps are UTC with microseconds.
-- The other folder has the same tables for SQLite; a test compares the two.

CREATE TABLE curfew_users (
    id BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- never reused: cookies carry it
    username TEXT NOT NULL,
    username_key TEXT COLLATE "C" NOT NULL UNIQUE, -- after NFKC and case folding
    email TEXT NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL UNIQUE,
    email_verified_at TIMESTAMPTZ, -- NULL: nobody has proven that the address is the user's
    pending_email TEXT, -- a new email that waits for its own letter
    email_distrusted_at TIMESTAMPTZ, -- when the owner said that somebody else set the email; no letter goes there since
    password_hash TEXT NOT NULL,
    password_version BIGINT NOT NULL DEFAULT 0, -- one more with each new password: browsers known before it are unknown again
    known_from TIMESTAMPTZ, -- browsers and programs used before are new to the account: the password was reset, or taken out of use
    known_from_version BIGINT NOT NULL DEFAULT 0, -- the password_version then
    is_active BOOLEAN NOT NULL,
    is_staff BOOLEAN NOT NULL,
    is_superuser BOOLEAN NOT NULL,
    date_joined TIMESTAMPTZ NOT NULL,
    last_login TIMESTAMPTZ, -- by the clock
    last_login_date TIMESTAMPTZ, -- the latest LAST_LOGIN_DATE, which orders logins among force logouts
    last_seen TIMESTAMPTZ,
    force_logout_date TIMESTAMPTZ, -- ends logins dated at or before it; never moves back
    force_logout_cause TEXT,
    force_logout_staff_reason TEXT,
    force_logout_user_reason TEXT,
    force_logout_scheduled TIMESTAMPTZ, -- becomes force_logout_date when first seen to be due
    force_logout_scheduled_by TEXT,
    force_logout_scheduled_staff_reason TEXT,
    force_logout_scheduled_user_reason TEXT,
    deactivated_until TIMESTAMPTZ, -- NULL: until staff activate the account
    deactivated_staff_reason TEXT,
    deactivated_user_reason TEXT,
    attacked_at TIMESTAMPTZ -- when strangers last reached the limit of wrong passwords; at most once an hour
) WITH (fillfactor = 50); -- a force logout changes no indexed column: its new row fits next to the old one

-- Finds the latest LAST_LOGIN_DATE of all users: a force logout of everyone is not dated before it.
CREATE INDEX curfew_users_by_last_login_date ON curfew_users (last_login_date);
CREATE INDEX curfew_users_scheduled ON curfew_users (force_logout_scheduled) WHERE force_logout_scheduled IS NOT NULL;
CREATE INDEX curfew_users_deactivated_until ON curfew_users (deactivated_until) WHERE deactivated_until IS NOT NULL;

-- Every username and email that a user can log in with. Each key belongs to one account.
CREATE TABLE curfew_login_names (
    name_key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES curfew_users (id) ON DELETE CASCADE
);

CREATE INDEX curfew_login_names_by_user ON curfew_login_names (user_id);

-- What each username looks like (Unicode Technical Standard 39, skeletons). Each look belongs to one account.
CREATE TABLE curfew_name_skeletons (
    skeleton TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES curfew_users (id) ON DELETE CASCADE
);

CREATE INDEX curfew_name_skeletons_by_user ON curfew_name_skeletons (user_id);

-- A single row: the force logout of everyone, and the setup code.
CREATE TABLE curfew_site (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    force_logout_date TIMESTAMPTZ,
    force_logout_staff_reason TEXT,
    force_logout_user_reason TEXT,
    force_logout_scheduled TIMESTAMPTZ,
    force_logout_scheduled_by TEXT,
    force_logout_scheduled_staff_reason TEXT,
    force_logout_scheduled_user_reason TEXT,
    setup_code_hash BYTEA
);

INSERT INTO curfew_site (id) VALUES (1);

-- Reasons that superusers have written for staff to choose from.
CREATE TABLE curfew_reason_templates (
    id BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title TEXT NOT NULL,
    title_key TEXT COLLATE "C" NOT NULL UNIQUE, -- after NFKC and case folding
    staff_reason TEXT,
    user_reason TEXT
);
