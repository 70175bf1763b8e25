//! What the guides promise operators: versions side by side, a role that may only serve, a change of the secret
//! key, and a restored backup.

use std::fs;

use data_encoding::BASE64;

use crate::{
    browser::Browser,
    guides::block,
    program::until,
    site::{PASSWORD, Server, Site, on_every_engine},
    store::Engine,
};

/// Pages that together read every table.
const PAGES: [&str; 6] =
    ["/account", "/account/profile", "/account/sessions", "/admin", "/admin/sessions", "/admin/users"];

#[test]
fn a_running_node_works_with_the_schema_of_the_next_version() {
    on_every_engine(|site| {
        site.make_user("ana", &["--superuser"]);
        let mut ana = site.logged_in("ana");
        let pages = |ana: &mut Browser| {
            // More requests than connections, each of which has prepared its own statements.
            for page in PAGES.iter().cycle().take(10 * PAGES.len()) {
                assert_eq!(ana.get(page).status, 200, "{page}");
            }
            assert_eq!(ana.get("/readyz").status, 200);
        };
        pages(&mut ana);
        for table in ["users", "login_names", "logins", "site", "events", "standing_changes"]
            .map(|name| format!("curfew_{name}"))
        {
            site.sql(&format!("ALTER TABLE {table} ADD COLUMN to_come TEXT NOT NULL DEFAULT ''"));
        }
        site.has_migration(9999, "one more column");
        pages(&mut ana);
        assert!(site.browser().logs_in("ana", PASSWORD));
        site.make_user("bo", &[]);
        // Reverted: the earlier version starts on this database too.
        site.server.take().expect("a server").stop().done();
        site.start();
        ana.moves_to(&site.server.as_ref().expect("a server").address);
        pages(&mut ana);
    });
}

#[test]
fn a_role_without_ownership_can_serve_a_migrated_database() {
    on_every_engine(|site| {
        if site.database.engine == Engine::Sqlite {
            return;
        }
        let (role, retention) = (GuideRole::of(site, "curfew_web"), GuideRole::of(site, "curfew_retention"));
        let as_web = |args: &[&str]| site.program(args).set("DATABASE_URL", &role.url);
        let refusal = as_web(&["migrate"]).run().refused();
        assert!(refusal.contains("run `curfew migrate` as the role that owns it"), "{refusal}");
        site.run(&["migrate"]).done();
        role.is_granted_what_the_guide_says(site);
        retention.is_granted_what_the_guide_says(site);
        let input = format!("{PASSWORD}\n");
        let args = ["user", "create", "ana", "--email", "ana@example.org", "--superuser", "--password-stdin"];
        as_web(&args).run_with(input.as_bytes()).done();
        let server = Server::wait_for(as_web(&["serve"]).start());
        let mut ana = Browser::new(&server.address);
        assert!(ana.logs_in("ana", PASSWORD));
        for page in PAGES {
            assert_eq!(ana.get(page).status, 200, "{page}");
        }
        as_web(&["force-logout", "ana"]).run().done();
        ana.must_be_logged_out_soon();
        as_web(&["user", "delete", "ana", "--yes"]).run().refused(); // the last superuser
        as_web(&["user", "create", "bo", "--email", "bo@example.org", "--password-stdin"])
            .run_with(input.as_bytes())
            .done();
        as_web(&["user", "delete", "bo", "--yes"]).run().done();
        until("every event is linked", || site.number("SELECT COUNT(*) FROM curfew_events_to_link") == 0);
        server.stop().done();

        // The nodes only add events. The other role deletes and erases them, and leaves a whole chain.
        let verify = || as_web(&["event", "verify"]).run().done();
        assert!(verify().starts_with("The chain has no break: "), "{}", verify());
        let purge = |role: &GuideRole<'_>, after: &str| {
            site.program(&["event", "purge"]).set("DATABASE_URL", &role.url).set("CURFEW_EVENT_RETENTION", after).run()
        };
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        assert!(purge(&role, "1 s").refused().contains("permission denied"));
        assert_eq!(site.number("SELECT COUNT(*) FROM curfew_event_erasures"), 1);
        assert_eq!(purge(&retention, "1 day").done(), "0 events were deleted.\n");
        assert_eq!(site.number("SELECT COUNT(*) FROM curfew_event_erasures"), 0);
        assert!(verify().starts_with("The chain has no break: "), "{}", verify());
        assert!(!purge(&retention, "1 s").done().starts_with("0 "));
        let verify = as_web(&["event", "verify"]).set("CURFEW_EVENT_RETENTION", "1 s").run().done();
        assert!(verify.contains("Retention has deleted events up to "), "{verify}");

        // The rights cover future tables as well as existing ones, and nothing else.
        site.sql("CREATE TABLE to_come (id BIGINT)");
        for table in ["curfew_users", "to_come"] {
            site.sql(&role.must_have(table, "SELECT, INSERT, UPDATE, DELETE", true));
            site.sql(&role.must_have(table, "TRUNCATE, REFERENCES, TRIGGER", false));
        }
        for (table, given, refused) in [
            ("curfew_events", "SELECT, INSERT", "UPDATE, DELETE, TRUNCATE"),
            ("curfew_event_links", "SELECT, INSERT", "UPDATE, DELETE, TRUNCATE"),
            ("curfew_events_to_link", "SELECT, DELETE", "INSERT, UPDATE, TRUNCATE"),
            ("curfew_event_erasures", "SELECT", "INSERT, UPDATE, DELETE, TRUNCATE"),
        ] {
            site.sql(&role.must_have(table, given, true));
            site.sql(&role.must_have(table, refused, false));
        }
        for (table, given, refused) in [
            ("curfew_events", "SELECT, INSERT, DELETE", "UPDATE, TRUNCATE"),
            ("curfew_event_links", "SELECT, DELETE", "INSERT, UPDATE, TRUNCATE"),
            ("curfew_events_to_link", "SELECT, DELETE", "INSERT, UPDATE, TRUNCATE"),
            ("curfew_event_erasures", "SELECT, UPDATE, DELETE", "INSERT, TRUNCATE"),
        ] {
            site.sql(&retention.must_have(table, given, true));
            site.sql(&retention.must_have(table, refused, false));
        }
        // Otherwise a trigger on a table of their own would write there with the owner's rights.
        for function in ["curfew_events_to_link()", "curfew_users_events_to_erase()"] {
            site.sql(&role.must_not_call(function));
            site.sql(&retention.must_not_call(function));
        }
        site.sql(&retention.must_have("curfew_users", "INSERT, UPDATE, DELETE", false));
        site.sql(&role.must_have("curfew_migrations", "SELECT", true));
        site.sql(&role.must_have("curfew_migrations", "INSERT, UPDATE, DELETE", false));
    });
}

/// A role of the guide on the test's Postgres server; deleted when dropped.
struct GuideRole<'s> {
    in_guide: &'static str,
    name: String,
    url: String,
    site: &'s Site,
}

impl<'s> GuideRole<'s> {
    fn of(site: &'s Site, in_guide: &'static str) -> Self {
        let name = format!("{in_guide}_{:016x}", rand::random::<u64>());
        site.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'tangerine'"));
        let (_, place) = site.database.url.split_once('@').expect("a role in the address");
        Self { in_guide, url: format!("postgres://{name}:tangerine@{place}"), name, site }
    }

    fn is_granted_what_the_guide_says(&self, site: &Site) {
        let grants = block("-- grants.sql").replace(self.in_guide, &self.name);
        for statement in grants.split(';').filter(|statement| statement.contains(&self.name)) {
            site.sql(statement);
        }
    }

    /// A statement that fails unless the role has all of these rights, or none of them.
    fn must_have(&self, table: &str, rights: &str, is_given: bool) -> String {
        let has = |right: &str| format!("has_table_privilege('{}', '{table}', '{right}')", self.name);
        let has: Vec<String> = rights.split(", ").map(|right| format!("{} = {is_given}", has(right))).collect();
        format!("SELECT 1 / CAST({} AS INTEGER)", has.join(" AND "))
    }

    /// A statement that fails if the role may call a function.
    fn must_not_call(&self, function: &str) -> String {
        format!("SELECT 1 / CAST(NOT has_function_privilege('{}', '{function}', 'EXECUTE') AS INTEGER)", self.name)
    }
}

impl Drop for GuideRole<'_> {
    fn drop(&mut self) {
        self.site.sql(&format!("DROP OWNED BY {}", self.name));
        self.site.sql(&format!("DROP ROLE {}", self.name));
    }
}

/// In two rounds: first every node accepts the new key, then every node uses it.
#[test]
fn the_secret_key_can_be_rotated_on_two_nodes_without_ending_logins_or_forms() {
    on_every_engine(|site| {
        let [old, new] = [0, 1].map(|_| BASE64.encode(&rand::random::<[u8; 64]>()));
        let start = |(current, previous): (&str, &str)| {
            let program = site.program(&["serve"]).set("ROCKET_SECRET_KEY", current);
            Server::wait_for(program.set("CURFEW_PREVIOUS_SECRET_KEYS", format!("[{previous:?}]")).start())
        };
        let create = ["user", "create", "ana", "--email", "ana@example.org", "--password-stdin"];
        let create = site.program(&create).set("ROCKET_SECRET_KEY", &old);
        create.run_with(format!("{PASSWORD}\n").as_bytes()).done();
        let (reading, writing) = ((old.as_str(), new.as_str()), (new.as_str(), old.as_str()));
        let mut nodes = [start((&old, &old)), start((&old, &old))];
        let mut ana = Browser::new(&nodes[0].address);
        assert!(ana.logs_in("ana", PASSWORD));
        for (node, keys) in [(0, reading), (1, reading), (0, writing), (1, writing)] {
            let fresh = start(keys);
            std::mem::replace(&mut nodes[node], fresh).stop().done();
            for (here, there) in [(0, 1), (1, 0)] {
                ana.moves_to(&nodes[here].address);
                assert!(ana.is_logged_in());
                let form = ana.fill("/account/profile", &[("email", "ana@example.org"), ("password", PASSWORD)]);
                ana.moves_to(&nodes[there].address);
                assert_eq!(ana.post("/account/profile", &form).status, 303);
                let mut visitor = Browser::new(&nodes[here].address);
                let form = visitor.fill("/login", &[("username", "ana"), ("password", PASSWORD)]);
                visitor.moves_to(&nodes[there].address);
                assert_eq!(visitor.post("/login", &form).status, 303);
            }
        }
    });
}

/// A backup has the force-logout dates of its day, so logins ended later would revive.
#[test]
fn a_restored_backup_revives_no_login_after_forcing_everyone_out() {
    on_every_engine(|site| {
        if site.database.engine == Engine::Postgres {
            return;
        }
        site.make_user("ana", &[]);
        site.make_user("bo", &[]);
        let [mut ana, mut bo] = ["ana", "bo"].map(|name| site.logged_in(name));
        let folder = site.database.folder.path().to_owned();
        let backup = folder.join("backup.db");
        site.sql(&format!("VACUUM INTO '{}'", backup.display())); // while the server runs
        site.run(&["force-logout", "ana"]).done();
        ana.must_be_logged_out_soon();
        site.server.take().expect("a server").stop().done();
        for file in ["curfew.db-wal", "curfew.db-shm"] {
            let _ = fs::remove_file(folder.join(file));
        }
        fs::copy(&backup, folder.join("curfew.db")).expect("the backup");
        site.run(&["force-logout", "--everyone", "--reason", "restored from a backup"]).done();
        site.start();
        let address = &site.server.as_ref().expect("a server").address;
        for person in [&mut ana, &mut bo] {
            person.moves_to(address);
            assert!(!person.is_logged_in());
        }
        assert!(ana.logs_in("ana", PASSWORD));
    });
}
