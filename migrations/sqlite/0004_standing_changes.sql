-- Every change that can end a login, in the order of the changes: each node reads them and judges the logins of
-- that user again. Triggers write them, so that no code path and no hand can forget. The other folder has the same tables for Postgres; a test compares the two.

CREATE TABLE curfew_standing_changes (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never reused: readers continue after the last
    user_id INTEGER, -- NULL: everyone
    event_id INTEGER, -- asks each node for a receipt of that event
    transaction_id INTEGER -- Postgres needs it: SQLite has one writer, and ids are in the order of commits
);

CREATE INDEX curfew_standing_changes_with_receipt ON curfew_standing_changes (user_id, id) WHERE event_id IS NOT NULL;
CREATE INDEX curfew_standing_changes_by_transaction ON curfew_standing_changes (transaction_id) WHERE transaction_id IS NOT NULL;

CREATE TRIGGER curfew_users_standing_changed
AFTER UPDATE OF id, username, email, is_active, is_staff, is_superuser, force_logout_date, force_logout_cause,
    force_logout_user_reason, force_logout_scheduled, force_logout_scheduled_user_reason, deactivated_until,
    deactivated_user_reason ON curfew_users
BEGIN
    INSERT INTO curfew_standing_changes (user_id) SELECT OLD.id UNION SELECT NEW.id;
END;

CREATE TRIGGER curfew_users_standing_deleted AFTER DELETE ON curfew_users
BEGIN
    INSERT INTO curfew_standing_changes (user_id) VALUES (OLD.id);
END;

-- REPLACE fires no trigger for the rows that it deletes.
CREATE TRIGGER curfew_users_standing_replaced BEFORE INSERT ON curfew_users
BEGIN
    INSERT INTO curfew_standing_changes (user_id)
    SELECT id FROM curfew_users WHERE id = NEW.id
    UNION SELECT id FROM curfew_users WHERE username_key = NEW.username_key
    UNION SELECT id FROM curfew_users WHERE email_key = NEW.email_key;
END;

-- The account's date reports what a force logout ends, once.
CREATE TRIGGER curfew_logins_standing_changed
AFTER UPDATE OF id, kind, ended_at, reason, login_date, opened_at, user_id, secret_hash ON curfew_logins
WHEN NEW.user_id <> OLD.user_id
    OR NOT EXISTS (SELECT 1 FROM curfew_users WHERE id = OLD.user_id AND force_logout_date >= OLD.login_date)
BEGIN
    INSERT INTO curfew_standing_changes (user_id) SELECT OLD.user_id UNION SELECT NEW.user_id;
END;

-- A later expiry is no news: whoever would refuse the login reads it again. A date in another form may be anything.
CREATE TRIGGER curfew_logins_expiry_changed AFTER UPDATE OF expires_at ON curfew_logins
WHEN NEW.expires_at < OLD.expires_at OR NEW.expires_at NOT GLOB '????-??-??T*+00:00'
BEGIN
    INSERT INTO curfew_standing_changes (user_id) VALUES (OLD.user_id);
END;

CREATE TRIGGER curfew_logins_standing_deleted AFTER DELETE ON curfew_logins WHEN OLD.ended_at IS NULL
BEGIN
    INSERT INTO curfew_standing_changes (user_id) VALUES (OLD.user_id);
END;

CREATE TRIGGER curfew_logins_standing_replaced BEFORE INSERT ON curfew_logins
WHEN EXISTS (SELECT 1 FROM curfew_logins WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM curfew_logins WHERE secret_hash = NEW.secret_hash AND kind = 'opaque' AND NEW.kind = 'opaque')
BEGIN
    INSERT INTO curfew_standing_changes (user_id)
    SELECT user_id FROM curfew_logins WHERE id = NEW.id
    UNION SELECT user_id FROM curfew_logins WHERE secret_hash = NEW.secret_hash AND kind = 'opaque'
    UNION SELECT NEW.user_id;
END;

CREATE TRIGGER curfew_site_standing_changed
AFTER UPDATE OF force_logout_date, force_logout_user_reason, force_logout_scheduled,
    force_logout_scheduled_user_reason ON curfew_site
BEGIN
    INSERT INTO curfew_standing_changes (user_id) VALUES (NULL);
END;

CREATE TRIGGER curfew_site_standing_replaced BEFORE INSERT ON curfew_site
BEGIN
    INSERT INTO curfew_standing_changes (user_id) VALUES (NULL);
END;

CREATE TRIGGER curfew_site_standing_deleted AFTER DELETE ON curfew_site
BEGIN
    INSERT INTO curfew_standing_changes (user_id) VALUES (NULL);
END;

-- Lists compare dates as text, so they are kept in one form: what `datetime('now')` writes sorts differently.
CREATE TRIGGER curfew_users_dates_in_one_form
AFTER UPDATE OF force_logout_date, force_logout_scheduled, deactivated_until ON curfew_users
WHEN NEW.force_logout_date NOT GLOB '????-??-??T*+00:00' OR NEW.force_logout_scheduled NOT GLOB '????-??-??T*+00:00'
    OR NEW.deactivated_until NOT GLOB '????-??-??T*+00:00'
BEGIN
    UPDATE curfew_users SET
        force_logout_date = CASE WHEN force_logout_date NOT GLOB '????-??-??T*+00:00'
            THEN COALESCE(strftime('%Y-%m-%dT%H:%M:%f+00:00', force_logout_date), force_logout_date)
            ELSE force_logout_date END,
        force_logout_scheduled = CASE WHEN force_logout_scheduled NOT GLOB '????-??-??T*+00:00'
            THEN COALESCE(strftime('%Y-%m-%dT%H:%M:%f+00:00', force_logout_scheduled), force_logout_scheduled)
            ELSE force_logout_scheduled END,
        deactivated_until = CASE WHEN deactivated_until NOT GLOB '????-??-??T*+00:00'
            THEN COALESCE(strftime('%Y-%m-%dT%H:%M:%f+00:00', deactivated_until), deactivated_until)
            ELSE deactivated_until END
    WHERE id = NEW.id;
END;

CREATE TRIGGER curfew_site_dates_in_one_form
AFTER UPDATE OF force_logout_date, force_logout_scheduled ON curfew_site
WHEN NEW.force_logout_date NOT GLOB '????-??-??T*+00:00' OR NEW.force_logout_scheduled NOT GLOB '????-??-??T*+00:00'
BEGIN
    UPDATE curfew_site SET
        force_logout_date = CASE WHEN force_logout_date NOT GLOB '????-??-??T*+00:00'
            THEN COALESCE(strftime('%Y-%m-%dT%H:%M:%f+00:00', force_logout_date), force_logout_date)
            ELSE force_logout_date END,
        force_logout_scheduled = CASE WHEN force_logout_scheduled NOT GLOB '????-??-??T*+00:00'
            THEN COALESCE(strftime('%Y-%m-%dT%H:%M:%f+00:00', force_logout_scheduled), force_logout_scheduled)
            ELSE force_logout_scheduled END
    WHERE id = NEW.id;
END;
