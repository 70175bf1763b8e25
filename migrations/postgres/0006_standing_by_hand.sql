-- What only a hand does is told as well: rows that are given away or renamed, and tables that are
-- emptied at once. The folder beside this one holds the same for SQLite.

CREATE OR REPLACE FUNCTION users_standing_changed() RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM tell_standing_changed(OLD.id);
    IF TG_OP = 'UPDATE' AND NEW.id <> OLD.id THEN
        PERFORM tell_standing_changed(NEW.id);
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER users_standing_changed ON users;
CREATE TRIGGER users_standing_changed
AFTER UPDATE OF id, username, email, is_active, is_staff, is_superuser, force_logout_date, force_logout_cause,
    force_logout_user_reason, force_logout_scheduled, force_logout_scheduled_user_reason, deactivated_until,
    deactivated_user_reason ON users
FOR EACH ROW EXECUTE FUNCTION users_standing_changed();

CREATE OR REPLACE FUNCTION sessions_standing_changed() RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.user_id <> OLD.user_id
        OR NOT EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id AND force_logout_date >= OLD.login_date) THEN
        PERFORM tell_standing_changed(OLD.user_id);
    END IF;
    IF NEW.user_id <> OLD.user_id THEN
        PERFORM tell_standing_changed(NEW.user_id);
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER sessions_standing_changed ON sessions;
CREATE TRIGGER sessions_standing_changed
AFTER UPDATE OF id, ended_at, reason, login_date, user_id, secret_hash ON sessions
FOR EACH ROW EXECUTE FUNCTION sessions_standing_changed();

-- TRUNCATE fires no trigger of its rows.
CREATE TRIGGER users_standing_truncated AFTER TRUNCATE ON users
FOR EACH STATEMENT EXECUTE FUNCTION site_standing_changed();

CREATE TRIGGER sessions_standing_truncated AFTER TRUNCATE ON sessions
FOR EACH STATEMENT EXECUTE FUNCTION site_standing_changed();
