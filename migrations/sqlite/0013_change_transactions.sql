-- Which transaction made a change, which only Postgres needs to know: here there is one writer, and the
-- numbers are in the order of the commits. The folder beside this one holds the same for Postgres.

ALTER TABLE standing_changes ADD COLUMN transaction_id INTEGER;

CREATE INDEX standing_changes_by_transaction ON standing_changes (transaction_id);
