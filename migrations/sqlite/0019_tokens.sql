-- Programs log in too: their opaque tokens and families of JWT, under the same rule as the sessions of
-- browsers. The folder beside this one holds the same for Postgres.

-- A token outlives its account, so that its program can be told that the account was deleted.
CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY, -- the public name; opens nothing
    user_id INTEGER NOT NULL,
    kind TEXT NOT NULL, -- opaque, or jwt: a family
    secret_hash BLOB, -- of an opaque token; none: a family is known by its signature
    label TEXT NOT NULL,
    login_date DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    last_seen DATETIME, -- none: never used
    generation INTEGER NOT NULL, -- how often the refresh token of a family was exchanged
    rotated_at DATETIME NOT NULL, -- when it was last, or the family was made
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    ended_at DATETIME,
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
CREATE TRIGGER tokens_standing_changed
AFTER UPDATE OF id, ended_at, reason, login_date, user_id, secret_hash, kind ON tokens
WHEN NEW.user_id <> OLD.user_id
    OR NOT EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id AND force_logout_date >= OLD.login_date)
BEGIN
    INSERT INTO standing_changes (user_id) SELECT OLD.user_id UNION SELECT NEW.user_id;
END;

-- A hand may write a date in another form; whatever it is, it is read again.
CREATE TRIGGER tokens_expiry_changed AFTER UPDATE OF expires_at ON tokens
WHEN NEW.expires_at < OLD.expires_at OR NEW.expires_at NOT GLOB '????-??-??T*+00:00'
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (OLD.user_id);
END;

CREATE TRIGGER tokens_standing_deleted AFTER DELETE ON tokens WHEN OLD.ended_at IS NULL
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (OLD.user_id);
END;

-- REPLACE fires no trigger for the rows that it deletes.
CREATE TRIGGER tokens_standing_replaced BEFORE INSERT ON tokens
WHEN EXISTS (SELECT 1 FROM tokens WHERE id = NEW.id OR secret_hash = NEW.secret_hash)
BEGIN
    INSERT INTO standing_changes (user_id)
    SELECT user_id FROM tokens WHERE id = NEW.id
    UNION SELECT user_id FROM tokens WHERE secret_hash = NEW.secret_hash
    UNION SELECT NEW.user_id;
END;
