-- A force logout at a past time looks for logins that are dated later than they were opened. They are few, while an
-- account may have a million logins of a later date.
CREATE INDEX curfew_logins_ahead ON curfew_logins (user_id, login_date) WHERE ended_at IS NULL AND login_date > opened_at;
