-- An act on a hundred thousand users writes less. The folder beside this one holds the same for SQLite.

-- While the long part is made, accounts and sessions can be read, so that logins go on; what reads have to
-- wait for comes at the end.
LOCK TABLE users, sessions IN SHARE ROW EXCLUSIVE MODE;

-- The dates of a force logout are in no index: with room for the new row beside the old one, none of them
-- is written. It holds for rows that are written from now on.
ALTER TABLE users SET (fillfactor = 50);

-- The same as before, in a language that keeps its plan.
CREATE OR REPLACE FUNCTION users_trigrams(username_key TEXT, email_key TEXT) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE
AS $$
DECLARE
    keys TEXT := username_key || E'\n' || email_key || E'\n';
    trigrams TEXT[] := '{}';
BEGIN
    FOR start IN 1..COALESCE(char_length(keys), 0) LOOP
        trigrams[start] := substr(keys, start, 3);
    END LOOP;
    RETURN array_to_tsvector(trigrams);
END
$$;

-- What is searched for, in a table of its own: an account that is written anew under the same names is not
-- looked through again.
ALTER INDEX users_search RENAME TO users_search_before;
CREATE TABLE users_search (
    id BIGINT NOT NULL PRIMARY KEY,
    username_key TEXT COLLATE "C" NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL
);
INSERT INTO users_search (id, username_key, email_key) SELECT id, username_key, email_key FROM users;
CREATE INDEX users_search_trigrams ON users_search USING gin (users_trigrams(username_key, email_key))
WITH (gin_pending_list_limit = 256);

-- One index of the live sessions by their login, where there were two.
ALTER INDEX sessions_live_by_login_date RENAME TO sessions_live_by_login_date_before;
CREATE INDEX sessions_live_by_login_date ON sessions (login_date, id) WHERE ended_at IS NULL;

CREATE FUNCTION users_search_follows() RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM users_search;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO users_search (id, username_key, email_key) VALUES (NEW.id, NEW.username_key, NEW.email_key);
    ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM users_search WHERE id = OLD.id;
    ELSE
        UPDATE users_search SET id = NEW.id, username_key = NEW.username_key, email_key = NEW.email_key
        WHERE id = OLD.id;
    END IF;
    RETURN NULL;
END
$$;

-- An act on many tells by one statement whom it has changed, and says so first.
CREATE FUNCTION tells_itself() RETURNS BOOLEAN
LANGUAGE sql STABLE
AS $$
    SELECT COALESCE(current_setting('curfew.tells_itself', TRUE) = 'on', FALSE)
$$;

DROP INDEX users_search_before;
DROP INDEX sessions_live_by_login;
DROP INDEX sessions_live_by_login_date_before;

CREATE TRIGGER users_search_insert AFTER INSERT OR DELETE ON users
FOR EACH ROW EXECUTE FUNCTION users_search_follows();

CREATE TRIGGER users_search_update AFTER UPDATE OF id, username_key, email_key ON users
FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.username_key <> NEW.username_key OR OLD.email_key <> NEW.email_key)
EXECUTE FUNCTION users_search_follows();

CREATE TRIGGER users_search_truncate AFTER TRUNCATE ON users
FOR EACH STATEMENT EXECUTE FUNCTION users_search_follows();

DROP TRIGGER users_standing_changed ON users;
CREATE TRIGGER users_standing_changed
AFTER UPDATE OF id, username, email, is_active, is_staff, is_superuser, force_logout_date, force_logout_cause,
    force_logout_user_reason, force_logout_scheduled, force_logout_scheduled_user_reason, deactivated_until,
    deactivated_user_reason ON users
FOR EACH ROW WHEN (NOT tells_itself()) EXECUTE FUNCTION users_standing_changed();

DROP TRIGGER sessions_standing_changed ON sessions;
CREATE TRIGGER sessions_standing_changed
AFTER UPDATE OF id, ended_at, reason, login_date, user_id, secret_hash ON sessions
FOR EACH ROW WHEN (NOT tells_itself()) EXECUTE FUNCTION sessions_standing_changed();

DROP TRIGGER standing_changes_receipt_asked ON standing_changes;
CREATE TRIGGER standing_changes_receipt_asked AFTER INSERT ON standing_changes
FOR EACH ROW WHEN (NEW.event_id IS NOT NULL AND NOT tells_itself()) EXECUTE FUNCTION tell_receipt_asked();
