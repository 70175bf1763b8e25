-- Logins: sessions of browsers and tokens of programs, and how each ended.
-- The other folder has the same tables for SQLite; a test compares the two.

-- A login outlives its account, so that its browser or program learns that the account was deleted.
CREATE TABLE curfew_logins (
    id TEXT NOT NULL PRIMARY KEY, -- the public id, not the secret
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL, -- browser, opaque (a token), or jwt (a JWT family)
    secret_hash BYTEA, -- NULL for a JWT family, which is proven by its tokens' signatures
    remember BOOLEAN NOT NULL DEFAULT FALSE, -- whether the cookie outlives the browser
    label TEXT, -- of a token
    login_date TIMESTAMPTZ NOT NULL, -- LAST_LOGIN_DATE: the order among force logouts; may be ahead of the clock
    opened_at TIMESTAMPTZ NOT NULL, -- by the clock; the age is counted from it
    last_seen TIMESTAMPTZ, -- NULL: a token that was never used
    expires_at TIMESTAMPTZ, -- of a token; the settings limit a browser's login
    proven_at TIMESTAMPTZ, -- when the password was last proven; NULL: at the login
    generation BIGINT NOT NULL DEFAULT 0, -- how many times the refresh token of a JWT family was exchanged
    rotated_at TIMESTAMPTZ, -- when it was last exchanged
    rotations TEXT, -- when the latest refresh tokens were spent: space-separated microseconds since 1970
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    ended_at TIMESTAMPTZ,
    ended_by TEXT,
    reason TEXT,
    staff_reason TEXT,
    user_reason TEXT,
    username_key TEXT COLLATE "C" NOT NULL DEFAULT '', -- the account's, for the order of the staff's list; outlives the account
    address_key TEXT COLLATE "C" NOT NULL DEFAULT '?', -- 32 digits that sort by number; '' if it is no IP; '?': not derived yet
    browser TEXT COLLATE "C" NOT NULL DEFAULT '', -- the comparison key of the browser's name and version; '' if unknown
    system TEXT COLLATE "C" NOT NULL DEFAULT '' -- of the operating system; '' if unknown
);

CREATE UNIQUE INDEX curfew_logins_by_token ON curfew_logins (secret_hash) WHERE kind = 'opaque';
CREATE INDEX curfew_logins_by_user ON curfew_logins (user_id, login_date);
CREATE INDEX curfew_logins_live_by_user ON curfew_logins (user_id, login_date) WHERE ended_at IS NULL;

-- For the lists of one account's live sessions and live tokens, in their order.
CREATE INDEX curfew_sessions_live_by_user ON curfew_logins (user_id, last_seen, login_date, id) WHERE kind = 'browser' AND ended_at IS NULL;
CREATE INDEX curfew_tokens_live_by_user ON curfew_logins (user_id, login_date, opened_at, id) WHERE kind <> 'browser' AND ended_at IS NULL;

-- For the staff's list of logins: one index per order of the list, with the columns of the common filters, so that a
-- scan skips other logins in the index. For the orders by time they exist again for live logins, which ended ones
-- would hide.
CREATE INDEX curfew_logins_by_opened_at ON curfew_logins (opened_at, id, kind, browser, system, address_key);
CREATE INDEX curfew_logins_by_last_seen ON curfew_logins (last_seen NULLS FIRST, id, kind, browser, system, address_key);
CREATE INDEX curfew_logins_by_username ON curfew_logins (username_key, opened_at, id, kind, browser, system, address_key);
CREATE INDEX curfew_logins_by_address ON curfew_logins (address_key, opened_at, id, kind, browser, system);
CREATE INDEX curfew_logins_live_by_opened_at ON curfew_logins (opened_at, id, kind, browser, system, address_key) WHERE ended_at IS NULL;
CREATE INDEX curfew_logins_live_by_last_seen ON curfew_logins (last_seen NULLS FIRST, id, kind, browser, system, address_key) WHERE ended_at IS NULL;

-- To look up rare browsers and systems, and tokens. No index begins with the kind: SQLite would choose it for upkeep too.
CREATE INDEX curfew_logins_by_browser ON curfew_logins (browser, kind);
CREATE INDEX curfew_tokens ON curfew_logins (id) WHERE kind <> 'browser';
CREATE INDEX curfew_logins_by_system ON curfew_logins (system);

-- Logins that were written by hand, until their traits are derived.
CREATE INDEX curfew_logins_without_traits ON curfew_logins (id) WHERE address_key = '?';

-- For counts of the site's live sessions.
CREATE INDEX curfew_sessions_live_by_login_date ON curfew_logins (login_date, id) WHERE kind = 'browser' AND ended_at IS NULL;

-- For upkeep: live logins in the order in which they reach their limits, and ended ones in the order of deletion.
CREATE INDEX curfew_sessions_live_by_opened_at ON curfew_logins (opened_at) WHERE kind = 'browser' AND ended_at IS NULL;
CREATE INDEX curfew_sessions_live_by_last_seen ON curfew_logins (last_seen) WHERE kind = 'browser' AND ended_at IS NULL;
CREATE INDEX curfew_tokens_live_by_expiry ON curfew_logins (expires_at) WHERE ended_at IS NULL AND expires_at IS NOT NULL;
CREATE INDEX curfew_logins_ended ON curfew_logins (ended_at) WHERE ended_at IS NOT NULL;

-- Triggers keep what the list sorts and filters by up to date after a change by hand.
CREATE FUNCTION curfew_logins_reset_traits() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.address_key = '?';
    RETURN NEW;
END
$$;

CREATE TRIGGER curfew_logins_reset_traits BEFORE UPDATE OF address, user_agent, user_id ON curfew_logins
    FOR EACH ROW EXECUTE FUNCTION curfew_logins_reset_traits();

CREATE FUNCTION curfew_logins_username() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE curfew_logins SET username_key = NEW.username_key WHERE user_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER curfew_logins_username AFTER UPDATE OF username_key ON curfew_users
    FOR EACH ROW WHEN (OLD.username_key <> NEW.username_key) EXECUTE FUNCTION curfew_logins_username();

-- Actions that ended many logins of an account, until they are written into each login. The account's
-- force_logout_date ended the logins at once. These rows only say who ended the live logins dated at or before
-- login_until, and why.
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
