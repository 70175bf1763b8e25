-- Each change that can end a login, whoever made it: the nodes read these and judge again whom they
-- concern. Written by triggers, so that no code path and no hand can forget; and announced, so that
-- nobody waits for the next look. The folder beside this one holds the same for SQLite.

CREATE TABLE standing_changes (
    id BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- commits out of order: readers look back
    user_id BIGINT -- none: everyone
);

CREATE FUNCTION tell_standing_changed(changed_user_id BIGINT) RETURNS VOID
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (changed_user_id);
    PERFORM pg_notify('curfew_standing', COALESCE(changed_user_id::TEXT, ''));
END
$$;

CREATE FUNCTION users_standing_changed() RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM tell_standing_changed(COALESCE(NEW.id, OLD.id));
    RETURN NULL;
END
$$;

CREATE TRIGGER users_standing_changed
AFTER UPDATE OF username, email, is_active, is_staff, is_superuser, force_logout_date, force_logout_cause,
    force_logout_user_reason, force_logout_scheduled, force_logout_scheduled_user_reason, deactivated_until,
    deactivated_user_reason ON users
FOR EACH ROW EXECUTE FUNCTION users_standing_changed();

CREATE TRIGGER users_standing_deleted AFTER DELETE ON users
FOR EACH ROW EXECUTE FUNCTION users_standing_changed();

-- What a force logout ends with the account's date is told by that date, once.
CREATE FUNCTION sessions_standing_changed() RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND force_logout_date >= NEW.login_date) THEN
        PERFORM tell_standing_changed(NEW.user_id);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER sessions_standing_changed
AFTER UPDATE OF ended_at, login_date, user_id, secret_hash ON sessions
FOR EACH ROW EXECUTE FUNCTION sessions_standing_changed();

CREATE FUNCTION sessions_standing_deleted() RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM tell_standing_changed(OLD.user_id);
    RETURN NULL;
END
$$;

CREATE TRIGGER sessions_standing_deleted AFTER DELETE ON sessions
FOR EACH ROW WHEN (OLD.ended_at IS NULL) EXECUTE FUNCTION sessions_standing_deleted();

CREATE FUNCTION site_standing_changed() RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM tell_standing_changed(NULL);
    RETURN NULL;
END
$$;

CREATE TRIGGER site_standing_changed
AFTER UPDATE OF force_logout_date, force_logout_user_reason, force_logout_scheduled,
    force_logout_scheduled_user_reason ON site
FOR EACH ROW EXECUTE FUNCTION site_standing_changed();
