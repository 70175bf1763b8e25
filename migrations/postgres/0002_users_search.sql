-- The staff's list of users: any search, filter, order and page, also with a million accounts.
-- The folder beside this one holds the same for SQLite.
--
-- One index for each order of the list, with all that the filters and the search ask of a row, so
-- that a walk along it never leaves it; the same again for the few rows of the rare filters.

DROP INDEX users_by_date_joined;
DROP INDEX users_by_last_login;
DROP INDEX users_by_last_seen;
DROP INDEX users_with_a_role;
DROP INDEX users_inactive;

CREATE INDEX users_by_username ON users (username_key NULLS FIRST, id) INCLUDE (email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX users_by_email ON users (email_key NULLS FIRST, id) INCLUDE (username_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX users_by_date_joined ON users (date_joined NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX users_by_last_login ON users (last_login NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX users_by_last_seen ON users (last_seen NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);

CREATE INDEX users_inactive_by_username ON users (username_key NULLS FIRST, id) INCLUDE (email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX users_inactive_by_email ON users (email_key NULLS FIRST, id) INCLUDE (username_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX users_inactive_by_date_joined ON users (date_joined NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX users_inactive_by_last_login ON users (last_login NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX users_inactive_by_last_seen ON users (last_seen NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;

CREATE INDEX users_with_a_role_by_username ON users (username_key NULLS FIRST, id) INCLUDE (email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX users_with_a_role_by_email ON users (email_key NULLS FIRST, id) INCLUDE (username_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX users_with_a_role_by_date_joined ON users (date_joined NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX users_with_a_role_by_last_login ON users (last_login NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX users_with_a_role_by_last_seen ON users (last_seen NULLS FIRST, id) INCLUDE (username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;

-- Every three characters in a row of a username or an email. The line ends make the last one and two
-- characters begin a trigram too, and keep the two texts apart. A tsvector, since its index finds the
-- beginning of a trigram as well, which is how one or two characters are looked for; pg_trgm would
-- skip all but letters and digits. Not parallel: starting workers takes longer than these searches.
CREATE FUNCTION users_trigrams(username_key TEXT, email_key TEXT) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL UNSAFE
AS $$
    SELECT array_to_tsvector(ARRAY(
        SELECT substr(keys, start, 3)
        FROM (SELECT username_key || E'\n' || email_key || E'\n' AS keys) both_keys,
             generate_series(1, char_length(keys)) start
    ))
$$;

-- A short list of what is still to be filed, since every search reads all of it.
CREATE INDEX users_search ON users USING gin (users_trigrams(username_key, email_key))
WITH (gin_pending_list_limit = 256);
