-- An expiry that is removed by hand ends the login, and a date in another form cannot be compared as text. Both need a
-- row too.
DROP TRIGGER curfew_logins_expiry_changed;

CREATE TRIGGER curfew_logins_expiry_changed AFTER UPDATE OF expires_at ON curfew_logins
WHEN NEW.expires_at < OLD.expires_at OR (NEW.expires_at IS NULL) <> (OLD.expires_at IS NULL)
    OR NEW.expires_at NOT GLOB '????-??-??T*+00:00' OR OLD.expires_at NOT GLOB '????-??-??T*+00:00'
BEGIN
    INSERT INTO curfew_standing_changes (user_id) VALUES (OLD.user_id);
END;
