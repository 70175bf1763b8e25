-- Every change that can end a login. Each node reads new rows and judges the logins of that user again. Triggers write
-- the rows, so that no code path and no manual change can omit one.
-- The other folder has the same tables for Postgres; a test compares the two.

CREATE TABLE curfew_standing_changes (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never reused: readers continue after the last one
    user_id INTEGER, -- NULL: everyone
    event_id INTEGER, -- each node must write a receipt for this event
    transaction_id INTEGER -- only Postgres needs it: SQLite has one writer, so ids are in commit order
);

CREATE INDEX curfew_standing_changes_with_receipt ON curfew_standing_changes (user_id, id) WHERE event_id IS NOT NULL;
CREATE INDEX curfew_standing_changes_by_transaction ON curfew_standing_changes (transaction_id) WHERE transaction_id IS NOT NULL;

CREATE TRIGGER curfew_users_standing_changed
AFTER UPDATE OF id, username, email, is_active, is_staff, is_superuser, force_logout_date, force_logout_cause,
    force_logout_user_reason, force_logout_scheduled, force_logout_scheduled_user_reason, deactivated_until,
    deactivated_user_reason, attacked_at ON curfew_users
BEGIN
    INSERT INTO curfew_standing_changes (user_id) SELECT OLD.id UNION SELECT NEW.id;
END;

CREATE TRIGGER curfew_users_standing_deleted AFTER DELETE ON curfew_users
BEGIN
    INSERT INTO curfew_standing_changes (user_id) VALUES (OLD.id);
END;

-- REPLACE fires no delete trigger for the rows that it replaces.
CREATE TRIGGER curfew_users_standing_replaced BEFORE INSERT ON curfew_users
BEGIN
    INSERT INTO curfew_standing_changes (user_id)
    SELECT id FROM curfew_users WHERE id = NEW.id
    UNION SELECT id FROM curfew_users WHERE username_key = NEW.username_key
    UNION SELECT id FROM curfew_users WHERE email_key = NEW.email_key;
END;

-- No row for logins that the account's force_logout_date has ended: the change of that date is reported once.
CREATE TRIGGER curfew_logins_standing_changed
AFTER UPDATE OF id, kind, ended_at, reason, login_date, opened_at, user_id, secret_hash ON curfew_logins
WHEN NEW.user_id <> OLD.user_id
    OR NOT EXISTS (SELECT 1 FROM curfew_users WHERE id = OLD.user_id AND force_logout_date >= OLD.login_date)
BEGIN
    INSERT INTO curfew_standing_changes (user_id) SELECT OLD.user_id UNION SELECT NEW.user_id;
END;

-- A later expiry needs no row: before a node refuses the login, it reads it again. Dates in another form cannot be
-- compared as text, so they always get one.
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

-- Lists compare dates as text, so dates are kept in one form: what `datetime('now')` writes sorts differently.
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
