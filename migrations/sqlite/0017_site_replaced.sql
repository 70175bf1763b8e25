-- A site's row that is taken away is told of everyone, as one is that is put in anew. The folder beside this
-- one holds the same for Postgres.

CREATE TRIGGER site_standing_deleted AFTER DELETE ON site
BEGIN
    INSERT INTO standing_changes (user_id) VALUES (NULL);
END;
