-- The staff's list of users: any search, filter, order and page, also with a million accounts.
-- The folder beside this one holds the same for Postgres.
--
-- One index for each order of the list, with all that the filters and the search ask of a row, so
-- that a walk along it never leaves it; the same again for the few rows of the rare filters.

DROP INDEX users_by_date_joined;
DROP INDEX users_by_last_login;
DROP INDEX users_by_last_seen;
DROP INDEX users_with_a_role;
DROP INDEX users_inactive;

CREATE INDEX users_by_username ON users (username_key, id, email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX users_by_email ON users (email_key, id, username_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX users_by_date_joined ON users (date_joined, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX users_by_last_login ON users (last_login, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX users_by_last_seen ON users (last_seen, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);

CREATE INDEX users_inactive_by_username ON users (username_key, id, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX users_inactive_by_email ON users (email_key, id, username_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX users_inactive_by_date_joined ON users (date_joined, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX users_inactive_by_last_login ON users (last_login, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX users_inactive_by_last_seen ON users (last_seen, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;

CREATE INDEX users_with_a_role_by_username ON users (username_key, id, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX users_with_a_role_by_email ON users (email_key, id, username_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX users_with_a_role_by_date_joined ON users (date_joined, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX users_with_a_role_by_last_login ON users (last_login, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX users_with_a_role_by_last_seen ON users (last_seen, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;

-- Every three characters in a row of a username or an email, with the accounts that have them. The
-- line ends make the last one and two characters begin a trigram too, and keep the two texts apart.
-- The table holds no text of its own: who finds an account in it still has to look at the keys.
CREATE VIRTUAL TABLE users_search USING fts5(
    keys, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1'
);
-- The same index by trigram: what begins with one or two characters is found there.
CREATE VIRTUAL TABLE users_search_trigrams USING fts5vocab(users_search, instance);

INSERT INTO users_search (rowid, keys)
SELECT id, username_key || char(10) || email_key || char(10, 10) FROM users;

-- Triggers, so that a row written by hand is found as well.
CREATE TRIGGER users_search_insert AFTER INSERT ON users BEGIN
    INSERT INTO users_search (rowid, keys)
    VALUES (new.id, new.username_key || char(10) || new.email_key || char(10, 10));
END;

CREATE TRIGGER users_search_delete AFTER DELETE ON users BEGIN
    INSERT INTO users_search (users_search, rowid, keys)
    VALUES ('delete', old.id, old.username_key || char(10) || old.email_key || char(10, 10));
END;

CREATE TRIGGER users_search_update AFTER UPDATE OF id, username_key, email_key ON users
WHEN old.id <> new.id OR old.username_key <> new.username_key OR old.email_key <> new.email_key
BEGIN
    INSERT INTO users_search (users_search, rowid, keys)
    VALUES ('delete', old.id, old.username_key || char(10) || old.email_key || char(10, 10));
    INSERT INTO users_search (rowid, keys)
    VALUES (new.id, new.username_key || char(10) || new.email_key || char(10, 10));
END;
