-- Each change that can end a login, in the order it was made, whoever made it: the nodes read these
-- and judge again whom they concern. Written by triggers, so that no code path and no hand can forget.
-- The folder beside this one holds the same for Postgres.

CREATE TABLE standing_changes (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never given twice: readers go on from the last
    user_id INTEGER -- none: everyone
);

CREATE TRIGGER users_standing_changed
AFTER UPDATE OF username, email, is_active, is_staff, is_superuser, force_logout_date, force_logout_cause,
    force_logout_user_reason, force_logout_scheduled, force_logout_scheduled_user_reason, deactivated_until,
    deactivated_user_reason ON users
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (NEW.id);
END;

CREATE TRIGGER users_standing_deleted AFTER DELETE ON users
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (OLD.id);
END;

-- What a force logout ends with the account's date is told by that date, once.
CREATE TRIGGER sessions_standing_changed
AFTER UPDATE OF ended_at, login_date, user_id, secret_hash ON sessions
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND force_logout_date >= NEW.login_date)
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (NEW.user_id);
END;

CREATE TRIGGER sessions_standing_deleted AFTER DELETE ON sessions
WHEN OLD.ended_at IS NULL
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (OLD.user_id);
END;

CREATE TRIGGER site_standing_changed
AFTER UPDATE OF force_logout_date, force_logout_user_reason, force_logout_scheduled,
    force_logout_scheduled_user_reason ON site
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (NULL);
END;
