-- Logins: whatever a browser or a program is logged in by, and how each ended. The other folder has the same tables for SQLite; a test compares the two.

-- A login outlives its account, so that its browser or program can be told that the account was deleted.
CREATE TABLE curfew_logins (
    id TEXT NOT NULL PRIMARY KEY, -- the public name; it opens nothing
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL, -- browser, opaque (a token), or jwt (a family of them)
    secret_hash BYTEA, -- NULL: a family is proven by the signature of its tokens
    remember BOOLEAN NOT NULL DEFAULT FALSE, -- whether the cookie outlives the browser
    label TEXT, -- of a token
    login_date TIMESTAMPTZ NOT NULL, -- LAST_LOGIN_DATE: its order among force logouts; it may be ahead of the clock
    opened_at TIMESTAMPTZ NOT NULL, -- what the clock showed: ages are counted from it
    last_seen TIMESTAMPTZ, -- NULL: a token that was never used
    expires_at TIMESTAMPTZ, -- of a token; a browser's login lasts as long as the settings say
    proven_at TIMESTAMPTZ, -- when the password was last confirmed; NULL: at the login
    generation BIGINT NOT NULL DEFAULT 0, -- how many times the refresh token of a family was exchanged
    rotated_at TIMESTAMPTZ, -- when it was last exchanged
    rotations TEXT, -- when its latest refresh tokens were spent: microseconds since 1970, separated by spaces
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    ended_at TIMESTAMPTZ,
    ended_by TEXT,
    reason TEXT,
    staff_reason TEXT,
    user_reason TEXT
);

CREATE UNIQUE INDEX curfew_logins_by_token ON curfew_logins (secret_hash) WHERE kind = 'opaque';
CREATE INDEX curfew_logins_by_user ON curfew_logins (user_id, login_date);
CREATE INDEX curfew_logins_live_by_user ON curfew_logins (user_id) WHERE ended_at IS NULL;

-- The staff's list of sessions, newest first.
CREATE INDEX curfew_sessions_by_login_date ON curfew_logins (login_date, id) WHERE kind = 'browser';
CREATE INDEX curfew_sessions_live_by_login_date ON curfew_logins (login_date, id) WHERE kind = 'browser' AND ended_at IS NULL;

-- Live logins in the order in which they reach their limits, and ended ones in the order in which they are deleted.
CREATE INDEX curfew_sessions_live_by_opened_at ON curfew_logins (opened_at) WHERE kind = 'browser' AND ended_at IS NULL;
CREATE INDEX curfew_sessions_live_by_last_seen ON curfew_logins (last_seen) WHERE kind = 'browser' AND ended_at IS NULL;
CREATE INDEX curfew_tokens_live_by_expiry ON curfew_logins (expires_at) WHERE ended_at IS NULL AND expires_at IS NOT NULL;
CREATE INDEX curfew_logins_ended ON curfew_logins (ended_at) WHERE ended_at IS NOT NULL;

-- An act that ended many logins of an account, until it is written into each of them. The account's date put them
-- out at once; these rows only say who did it and why, to logins that were live and dated login_until or before.
CREATE TABLE curfew_login_ends (
    id BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    login_until TIMESTAMPTZ NOT NULL,
    login_after TIMESTAMPTZ NOT NULL,
    opened_after TIMESTAMPTZ NOT NULL,
    session_opened_after TIMESTAMPTZ NOT NULL,
    session_seen_after TIMESTAMPTZ NOT NULL,
    expires_after TIMESTAMPTZ NOT NULL,
    family_expires_after TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ NOT NULL,
    ended_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    staff_reason TEXT,
    user_reason TEXT
);

CREATE INDEX curfew_login_ends_by_user ON curfew_login_ends (user_id);
