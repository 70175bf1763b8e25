-- Indexes for the staff's list of users: any order, filter and search, for a million users too.
-- The other folder has the same tables for SQLite; a test compares the two.
--
-- One index per order of the list. Each covers the columns that the filters and the search read, so that an index scan
-- never visits the table. The same indexes exist again for the few rows of the rare filters.

CREATE INDEX curfew_users_by_username ON curfew_users (username_key NULLS FIRST, id) INCLUDE (email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX curfew_users_by_email ON curfew_users (email_key NULLS FIRST, id) INCLUDE (username_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX curfew_users_by_date_joined ON curfew_users (date_joined NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX curfew_users_by_last_login ON curfew_users (last_login NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX curfew_users_by_last_seen ON curfew_users (last_seen NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);

CREATE INDEX curfew_users_inactive_by_username ON curfew_users (username_key NULLS FIRST, id) INCLUDE (email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX curfew_users_inactive_by_email ON curfew_users (email_key NULLS FIRST, id) INCLUDE (username_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX curfew_users_inactive_by_date_joined ON curfew_users (date_joined NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX curfew_users_inactive_by_last_login ON curfew_users (last_login NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX curfew_users_inactive_by_last_seen ON curfew_users (last_seen NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;

CREATE INDEX curfew_users_with_a_role_by_username ON curfew_users (username_key NULLS FIRST, id) INCLUDE (email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX curfew_users_with_a_role_by_email ON curfew_users (email_key NULLS FIRST, id) INCLUDE (username_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX curfew_users_with_a_role_by_date_joined ON curfew_users (date_joined NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX curfew_users_with_a_role_by_last_login ON curfew_users (last_login NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX curfew_users_with_a_role_by_last_seen ON curfew_users (last_seen NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;

-- Returns every trigram of a username and an email. The line ends let the last two characters start a trigram too, and
-- separate the two texts. In PL/pgSQL, which caches its plan.
CREATE FUNCTION curfew_users_trigrams(username_key TEXT, email_key TEXT) RETURNS TSVECTOR LANGUAGE plpgsql IMMUTABLE AS $$
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

-- A separate table, so that the index is rewritten only when the names in a user's row change.
CREATE TABLE curfew_users_search (
    id BIGINT NOT NULL PRIMARY KEY,
    username_key TEXT COLLATE "C" NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL
);

CREATE INDEX curfew_users_search_trigrams ON curfew_users_search USING gin (curfew_users_trigrams(username_key, email_key))
    WITH (gin_pending_list_limit = 256);

-- Triggers keep the search index up to date, so that a row written by hand is found too.
CREATE FUNCTION curfew_users_search_follows() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM curfew_users_search;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO curfew_users_search (id, username_key, email_key) VALUES (NEW.id, NEW.username_key, NEW.email_key);
    ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM curfew_users_search WHERE id = OLD.id;
    ELSE
        UPDATE curfew_users_search SET id = NEW.id, username_key = NEW.username_key, email_key = NEW.email_key
        WHERE id = OLD.id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER curfew_users_search_insert AFTER INSERT OR DELETE ON curfew_users
    FOR EACH ROW EXECUTE FUNCTION curfew_users_search_follows();
CREATE TRIGGER curfew_users_search_update AFTER UPDATE OF id, username_key, email_key ON curfew_users
    FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.username_key <> NEW.username_key OR OLD.email_key <> NEW.email_key)
    EXECUTE FUNCTION curfew_users_search_follows();
CREATE TRIGGER curfew_users_search_truncate AFTER TRUNCATE ON curfew_users
    FOR EACH STATEMENT EXECUTE FUNCTION curfew_users_search_follows();
