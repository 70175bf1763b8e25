-- Every change that can end a login. Each node reads new rows and judges the logins of that user again. Triggers write
-- the rows, so that no code path and no manual change can omit one.
-- The other folder has the same tables for SQLite; a test compares the two.

CREATE TABLE curfew_standing_changes (
    id BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- never reused: readers continue after the last one
    user_id BIGINT, -- NULL: everyone
    event_id BIGINT, -- each node must write a receipt for this event
    transaction_id BIGINT DEFAULT (pg_current_xact_id()::TEXT::BIGINT)
);

CREATE INDEX curfew_standing_changes_with_receipt ON curfew_standing_changes (user_id, id) WHERE event_id IS NOT NULL;
CREATE INDEX curfew_standing_changes_by_transaction ON curfew_standing_changes (transaction_id);

-- Adds a change and notifies the nodes, which would see it only at their next poll otherwise.
CREATE FUNCTION curfew_notify_standing_changed(changed_user_id BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO curfew_standing_changes (user_id) VALUES (changed_user_id);
    PERFORM pg_notify('curfew_standing', COALESCE(changed_user_id::TEXT, ''));
END
$$;

-- TRUE in a transaction of a bulk action: its triggers stay silent, and one statement records all of its changes.
CREATE FUNCTION curfew_records_bulk_change() RETURNS BOOLEAN LANGUAGE sql STABLE AS $$
    SELECT COALESCE(current_setting('curfew.records_bulk_change', TRUE) = 'on', FALSE)
$$;

CREATE FUNCTION curfew_notify_receipt_asked() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('curfew_standing', COALESCE(NEW.user_id::TEXT, '') || '#' || NEW.event_id);
    RETURN NULL;
END
$$;

CREATE TRIGGER curfew_standing_changes_receipt_asked AFTER INSERT ON curfew_standing_changes
    FOR EACH ROW WHEN (NEW.event_id IS NOT NULL AND NOT curfew_records_bulk_change()) EXECUTE FUNCTION curfew_notify_receipt_asked();

CREATE FUNCTION curfew_users_standing_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew_notify_standing_changed(OLD.id);
    IF TG_OP = 'UPDATE' AND NEW.id <> OLD.id THEN
        PERFORM curfew_notify_standing_changed(NEW.id);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION curfew_site_standing_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew_notify_standing_changed(NULL);
    RETURN NULL;
END
$$;

CREATE TRIGGER curfew_users_standing_changed
    AFTER UPDATE OF id, username, email, is_active, is_staff, is_superuser, force_logout_date, force_logout_cause,
        force_logout_user_reason, force_logout_scheduled, force_logout_scheduled_user_reason, deactivated_until,
        deactivated_user_reason, attacked_at ON curfew_users
    FOR EACH ROW WHEN (NOT curfew_records_bulk_change()) EXECUTE FUNCTION curfew_users_standing_changed();
CREATE TRIGGER curfew_users_standing_deleted AFTER DELETE ON curfew_users
    FOR EACH ROW EXECUTE FUNCTION curfew_users_standing_changed();
CREATE TRIGGER curfew_users_standing_truncated AFTER TRUNCATE ON curfew_users
    FOR EACH STATEMENT EXECUTE FUNCTION curfew_site_standing_changed();

-- No row for logins that the account's force_logout_date has ended: the change of that date is reported once.
CREATE FUNCTION curfew_logins_standing_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM curfew_notify_standing_changed(OLD.user_id);
        RETURN NULL;
    END IF;
    IF NEW.user_id <> OLD.user_id
        OR NOT EXISTS (SELECT 1 FROM curfew_users WHERE id = OLD.user_id AND force_logout_date >= OLD.login_date) THEN
        PERFORM curfew_notify_standing_changed(OLD.user_id);
    END IF;
    IF NEW.user_id <> OLD.user_id THEN
        PERFORM curfew_notify_standing_changed(NEW.user_id);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER curfew_logins_standing_changed
    AFTER UPDATE OF id, kind, ended_at, reason, login_date, opened_at, user_id, secret_hash ON curfew_logins
    FOR EACH ROW WHEN (NOT curfew_records_bulk_change()) EXECUTE FUNCTION curfew_logins_standing_changed();
-- A later expiry needs no row: before a node refuses the login, it reads it again.
CREATE TRIGGER curfew_logins_expiry_changed AFTER UPDATE OF expires_at ON curfew_logins
    FOR EACH ROW WHEN (NEW.expires_at < OLD.expires_at) EXECUTE FUNCTION curfew_logins_standing_changed();
CREATE TRIGGER curfew_logins_standing_deleted AFTER DELETE ON curfew_logins
    FOR EACH ROW WHEN (OLD.ended_at IS NULL) EXECUTE FUNCTION curfew_logins_standing_changed();
CREATE TRIGGER curfew_logins_standing_truncated AFTER TRUNCATE ON curfew_logins
    FOR EACH STATEMENT EXECUTE FUNCTION curfew_site_standing_changed();

CREATE TRIGGER curfew_site_standing_changed
    AFTER UPDATE OF force_logout_date, force_logout_user_reason, force_logout_scheduled,
        force_logout_scheduled_user_reason ON curfew_site
    FOR EACH ROW EXECUTE FUNCTION curfew_site_standing_changed();
CREATE TRIGGER curfew_site_standing_replaced AFTER INSERT OR DELETE ON curfew_site
    FOR EACH ROW EXECUTE FUNCTION curfew_site_standing_changed();
CREATE TRIGGER curfew_site_standing_truncated AFTER TRUNCATE ON curfew_site
    FOR EACH STATEMENT EXECUTE FUNCTION curfew_site_standing_changed();
