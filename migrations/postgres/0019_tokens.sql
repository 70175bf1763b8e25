-- Programs log in too: their opaque tokens and families of JWT, under the same rule as the sessions of
-- browsers. The folder beside this one holds the same for SQLite.

-- A token outlives its account, so that its program can be told that the account was deleted.
CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY, -- the public name; opens nothing
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL, -- opaque, or jwt: a family
    secret_hash BYTEA, -- of an opaque token; none: a family is known by its signature
    label TEXT NOT NULL,
    login_date TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    last_seen TIMESTAMPTZ, -- none: never used
    generation BIGINT NOT NULL, -- how often the refresh token of a family was exchanged
    rotated_at TIMESTAMPTZ NOT NULL, -- when it was last, or the family was made
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    ended_at TIMESTAMPTZ,
    ended_by TEXT,
    reason TEXT,
    staff_reason TEXT,
    user_reason TEXT
);

CREATE UNIQUE INDEX tokens_by_secret ON tokens (secret_hash);
CREATE INDEX tokens_by_user ON tokens (user_id, login_date);
CREATE INDEX tokens_live_by_user ON tokens (user_id) WHERE ended_at IS NULL;
CREATE INDEX tokens_live_by_expiry ON tokens (expires_at) WHERE ended_at IS NULL;
CREATE INDEX tokens_ended ON tokens (ended_at) WHERE ended_at IS NOT NULL;

-- What a force logout ends with the account's date is told by that date, once. That a token lives longer
-- is no news: whoever would refuse it reads it again.
CREATE FUNCTION tokens_standing_changed() RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM tell_standing_changed(OLD.user_id);
        RETURN NULL;
    END IF;
    IF NEW.user_id <> OLD.user_id
        OR NOT EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id AND force_logout_date >= OLD.login_date) THEN
        PERFORM tell_standing_changed(OLD.user_id);
    END IF;
    IF NEW.user_id <> OLD.user_id THEN
        PERFORM tell_standing_changed(NEW.user_id);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER tokens_standing_changed
AFTER UPDATE OF id, ended_at, reason, login_date, user_id, secret_hash, kind ON tokens
FOR EACH ROW WHEN (NOT tells_itself()) EXECUTE FUNCTION tokens_standing_changed();

CREATE TRIGGER tokens_expiry_changed AFTER UPDATE OF expires_at ON tokens
FOR EACH ROW WHEN (NEW.expires_at < OLD.expires_at) EXECUTE FUNCTION tokens_standing_changed();

CREATE TRIGGER tokens_standing_deleted AFTER DELETE ON tokens
FOR EACH ROW WHEN (OLD.ended_at IS NULL) EXECUTE FUNCTION tokens_standing_changed();

CREATE TRIGGER tokens_standing_truncated AFTER TRUNCATE ON tokens
FOR EACH STATEMENT EXECUTE FUNCTION site_standing_changed();
