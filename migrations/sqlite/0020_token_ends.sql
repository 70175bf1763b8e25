-- What has ended many tokens at once is written into each of them afterwards too; of those, seen_after is what
-- their own end must lie after. The folder beside this one holds the same for the other engine.

ALTER TABLE session_ends ADD COLUMN is_of_tokens BOOLEAN NOT NULL DEFAULT FALSE;

-- When the refresh tokens of a family were spent lately, in microseconds since 1970, separated by spaces.
ALTER TABLE tokens ADD COLUMN rotations TEXT NOT NULL DEFAULT '';
