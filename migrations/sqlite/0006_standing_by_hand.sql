-- What only a hand does is told as well: rows that are replaced, given away or renamed, and dates that
-- are written in another form. The folder beside this one holds the same for Postgres.

DROP TRIGGER users_standing_changed;
CREATE TRIGGER users_standing_changed
AFTER UPDATE OF id, username, email, is_active, is_staff, is_superuser, force_logout_date, force_logout_cause,
    force_logout_user_reason, force_logout_scheduled, force_logout_scheduled_user_reason, deactivated_until,
    deactivated_user_reason ON users
BEGIN
    INSERT INTO standing_changes (user_id) SELECT OLD.id UNION SELECT NEW.id;
END;

-- REPLACE fires no trigger for the rows that it deletes.
CREATE TRIGGER users_standing_replaced BEFORE INSERT ON users
BEGIN
    INSERT INTO standing_changes (user_id)
    SELECT id FROM users WHERE id = NEW.id
    UNION SELECT id FROM users WHERE username_key = NEW.username_key
    UNION SELECT id FROM users WHERE email_key = NEW.email_key;
END;

DROP TRIGGER sessions_standing_changed;
CREATE TRIGGER sessions_standing_changed
AFTER UPDATE OF id, ended_at, reason, login_date, user_id, secret_hash ON sessions
WHEN NEW.user_id <> OLD.user_id
    OR NOT EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id AND force_logout_date >= OLD.login_date)
BEGIN
    INSERT INTO standing_changes (user_id) SELECT OLD.user_id UNION SELECT NEW.user_id;
END;

CREATE TRIGGER sessions_standing_replaced BEFORE INSERT ON sessions
WHEN EXISTS (SELECT 1 FROM sessions WHERE id = NEW.id)
BEGIN
    INSERT INTO standing_changes (user_id) SELECT user_id FROM sessions WHERE id = NEW.id UNION SELECT NEW.user_id;
END;

CREATE TRIGGER site_standing_replaced BEFORE INSERT ON site
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (NULL);
END;

-- Lists compare dates as text, so they are kept in one form: that of `datetime('now')` sorts otherwise.
CREATE TRIGGER users_dates_in_one_form
AFTER UPDATE OF force_logout_date, force_logout_scheduled, deactivated_until ON users
WHEN NEW.force_logout_date NOT GLOB '????-??-??T*+00:00' OR NEW.force_logout_scheduled NOT GLOB '????-??-??T*+00:00'
    OR NEW.deactivated_until NOT GLOB '????-??-??T*+00:00'
BEGIN
    UPDATE users SET
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

CREATE TRIGGER site_dates_in_one_form
AFTER UPDATE OF force_logout_date, force_logout_scheduled ON site
WHEN NEW.force_logout_date NOT GLOB '????-??-??T*+00:00' OR NEW.force_logout_scheduled NOT GLOB '????-??-??T*+00:00'
BEGIN
    UPDATE site SET
        force_logout_date = CASE WHEN force_logout_date NOT GLOB '????-??-??T*+00:00'
            THEN COALESCE(strftime('%Y-%m-%dT%H:%M:%f+00:00', force_logout_date), force_logout_date)
            ELSE force_logout_date END,
        force_logout_scheduled = CASE WHEN force_logout_scheduled NOT GLOB '????-??-??T*+00:00'
            THEN COALESCE(strftime('%Y-%m-%dT%H:%M:%f+00:00', force_logout_scheduled), force_logout_scheduled)
            ELSE force_logout_scheduled END
    WHERE id = NEW.id;
END;
