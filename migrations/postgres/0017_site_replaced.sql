-- A site's row that is put in anew, as by a restored copy of the data, or taken away, is told of everyone.
-- The folder beside this one holds the same for SQLite.

CREATE TRIGGER site_standing_replaced AFTER INSERT OR DELETE ON site
FOR EACH ROW EXECUTE FUNCTION site_standing_changed();

CREATE TRIGGER site_standing_truncated AFTER TRUNCATE ON site
FOR EACH STATEMENT EXECUTE FUNCTION site_standing_changed();
