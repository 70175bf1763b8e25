//! `curfew event …`

use crate::{
    program::until,
    site::{down_and_up, on_every_engine},
};

const EVENTS: [&str; 3] = ["event", "purge", "--help"];

#[test]
fn old_events_are_deleted_with_the_server_down_and_up() {
    down_and_up(|site| {
        // A server deletes events older than its own setting when it starts, so it must not start first.
        let purge = || site.program(&EVENTS[..2]).set("CURFEW_EVENT_RETENTION", "1 day").run();
        let days_ago = (chrono::Utc::now() - chrono::TimeDelta::days(10)).to_rfc3339();
        site.make_user("ana", &[]);
        assert_eq!(purge().done(), "0 events were deleted.\n");
        site.sql(&format!("UPDATE curfew_events SET at = '{days_ago}'"));
        assert_eq!(purge().done(), "1 event was deleted.\n");
        assert_eq!(purge().done(), "0 events were deleted.\n");
    });
}

#[test]
fn the_retention_time_is_a_setting() {
    on_every_engine(|site| {
        for name in ["ana", "ben"] {
            site.make_user(name, &[]);
        }
        let purge = |retention: &str| site.program(&EVENTS[..2]).set("CURFEW_EVENT_RETENTION", retention).run();
        assert_eq!(purge("1 hour").done(), "0 events were deleted.\n");
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        assert_eq!(purge("1 s").done(), "2 events were deleted.\n");
        let refusal = purge("for ever").refused();
        assert!(refusal.contains("event_retention is \"for ever\""), "{refusal}");
    });
}

#[test]
fn events_are_listed_with_how_often_they_happened() {
    on_every_engine(|site| {
        for name in ["ana", "ben"] {
            site.make_user(name, &[]);
        }
        site.sql("UPDATE curfew_events SET times = 29 WHERE subject = 'ana'");
        let all = site.run(&["event", "list"]).done();
        let lines: Vec<_> = all.lines().collect();
        assert!(lines.len() == 2 && lines[0].contains("user-created  ben") && lines[1].contains("29 times"), "{all}");
        let of_ana = site.run(&["event", "list", "ana@example.org", "--json"]).done();
        let event: serde_json::Value = serde_json::from_str(&of_ana).expect("one JSON object");
        assert_eq!((&event["kind"], &event["times"]), (&"user-created".into(), &29.into()));
        assert_eq!(site.run(&["event", "list", "--limit", "1"]).done().lines().count(), 1);
        assert!(site.run(&["event", "list", "zoe"]).refused().contains("no such user: zoe"));
    });
}

#[test]
fn the_chain_of_events_is_verified_with_the_server_down() {
    on_every_engine(|site| {
        for name in ["ana", "ben"] {
            site.make_user(name, &[]);
        }
        site.start();
        until("every event is linked", || site.number("SELECT COUNT(*) FROM curfew_events_to_link") == 0);
        site.server.take().expect("a server").stop().done();
        let said = site.run(&["event", "verify"]).done();
        assert!(said.starts_with("The chain has no break: 2 events, the last one "), "{said}");
        let json = site.run(&["event", "verify", "--json"]).done();
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!((&json["is_whole"], &json["linked"], &json["last"]["link"]), (&true.into(), &2.into(), &2.into()));

        site.sql("UPDATE curfew_events SET subject = 'eva' WHERE subject = 'ben'");
        let refusal = site.run(&["event", "verify"]).refused();
        assert!(refusal.contains("was changed"), "{refusal}");
        let broken = site.run(&["event", "verify", "--json"]);
        assert_eq!(broken.status.code(), Some(1));
        let json: serde_json::Value = serde_json::from_str(&broken.out).expect("JSON");
        assert_eq!((&json["is_whole"], &json["fault"]), (&false.into(), &"event-changed".into()));
    });
}
