-- Which transaction made a change. Numbers are given before they are committed, and an act on many users
-- takes thousands of them: a reader goes on from the transactions that were open when it looked last,
-- however many numbers lie in between. The folder beside this one holds the same for SQLite.

ALTER TABLE standing_changes ADD COLUMN transaction_id BIGINT;
ALTER TABLE standing_changes ALTER COLUMN transaction_id SET DEFAULT pg_current_xact_id()::TEXT::BIGINT;

CREATE INDEX standing_changes_by_transaction ON standing_changes (transaction_id);
