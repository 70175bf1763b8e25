-- An act on a hundred thousand users writes less. The folder beside this one holds the same for Postgres,
-- whose search has a table of its own as well, which this one always had.

-- One index of the live sessions by their login, where there were two.
DROP INDEX sessions_live_by_login;
DROP INDEX sessions_live_by_login_date;
CREATE INDEX sessions_live_by_login_date ON sessions (login_date, id) WHERE ended_at IS NULL;

-- Here no change has a transaction, and an index without an entry costs nothing.
DROP INDEX standing_changes_by_transaction;
CREATE INDEX standing_changes_by_transaction ON standing_changes (transaction_id) WHERE transaction_id IS NOT NULL;
