-- Deactivations that end by themselves: the site looks for those that are over every few seconds. The
-- folder beside this one holds the same for Postgres.

CREATE INDEX users_deactivated_until ON users (deactivated_until) WHERE deactivated_until IS NOT NULL;
