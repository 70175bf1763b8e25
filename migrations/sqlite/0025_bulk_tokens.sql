-- Tokens end in bulk actions too, and are counted with the sessions. The folder beside this one holds the same for
-- Postgres.

ALTER TABLE bulk_acts ADD COLUMN promised_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bulk_acts ADD COLUMN tokens_ended INTEGER NOT NULL DEFAULT 0;
