-- An expiry that is removed by hand ends the login, so it needs a row too.
DROP TRIGGER curfew_logins_expiry_changed ON curfew_logins;

CREATE TRIGGER curfew_logins_expiry_changed AFTER UPDATE OF expires_at ON curfew_logins
    FOR EACH ROW WHEN (NEW.expires_at < OLD.expires_at OR (NEW.expires_at IS NULL) <> (OLD.expires_at IS NULL))
    EXECUTE FUNCTION curfew_logins_standing_changed();
