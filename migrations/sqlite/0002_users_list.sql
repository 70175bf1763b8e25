-- Indexes for the staff's list of users: any order, filter and search, for a million users too.
-- The other folder has the same tables for Postgres; a test compares the two.
--
-- One index per order of the list. Each covers the columns that the filters and the search read, so that an index scan
-- never visits the table. The same indexes exist again for the few rows of the rare filters.

CREATE INDEX curfew_users_by_username ON curfew_users (username_key, id, email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX curfew_users_by_email ON curfew_users (email_key, id, username_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX curfew_users_by_date_joined ON curfew_users (date_joined, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX curfew_users_by_last_login ON curfew_users (last_login, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);
CREATE INDEX curfew_users_by_last_seen ON curfew_users (last_seen, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser);

CREATE INDEX curfew_users_inactive_by_username ON curfew_users (username_key, id, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX curfew_users_inactive_by_email ON curfew_users (email_key, id, username_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX curfew_users_inactive_by_date_joined ON curfew_users (date_joined, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX curfew_users_inactive_by_last_login ON curfew_users (last_login, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;
CREATE INDEX curfew_users_inactive_by_last_seen ON curfew_users (last_seen, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE NOT is_active;

CREATE INDEX curfew_users_with_a_role_by_username ON curfew_users (username_key, id, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX curfew_users_with_a_role_by_email ON curfew_users (email_key, id, username_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX curfew_users_with_a_role_by_date_joined ON curfew_users (date_joined, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX curfew_users_with_a_role_by_last_login ON curfew_users (last_login, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;
CREATE INDEX curfew_users_with_a_role_by_last_seen ON curfew_users (last_seen, id, username_key, email_key, is_active, deactivated_until, is_staff, is_superuser) WHERE is_staff OR is_superuser;

-- Every trigram of a username or an email, with the users that have it. The line ends let the last two characters
-- start a trigram too, and separate the two texts. The table stores no text: a search still compares the keys of the
-- users that it finds here.
CREATE VIRTUAL TABLE curfew_users_search USING fts5(
    keys, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1'
);
-- The same index by trigram, for searches of one or two characters.
CREATE VIRTUAL TABLE curfew_users_search_trigrams USING fts5vocab(curfew_users_search, instance);

-- Triggers keep the search index up to date, so that a row written by hand is found too.
CREATE TRIGGER curfew_users_search_insert AFTER INSERT ON curfew_users BEGIN
    INSERT INTO curfew_users_search (rowid, keys)
    VALUES (new.id, new.username_key || char(10) || new.email_key || char(10, 10));
END;

CREATE TRIGGER curfew_users_search_delete AFTER DELETE ON curfew_users BEGIN
    INSERT INTO curfew_users_search (curfew_users_search, rowid, keys)
    VALUES ('delete', old.id, old.username_key || char(10) || old.email_key || char(10, 10));
END;

CREATE TRIGGER curfew_users_search_update AFTER UPDATE OF id, username_key, email_key ON curfew_users
WHEN old.id <> new.id OR old.username_key <> new.username_key OR old.email_key <> new.email_key
BEGIN
    INSERT INTO curfew_users_search (curfew_users_search, rowid, keys)
    VALUES ('delete', old.id, old.username_key || char(10) || old.email_key || char(10, 10));
    INSERT INTO curfew_users_search (rowid, keys)
    VALUES (new.id, new.username_key || char(10) || new.email_key || char(10, 10));
END;
