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
        let noted = format!("2:{}", json["last"]["hash"].as_str().expect("a hash"));
        assert!(said.ends_with(&format!("\nThe last link: {noted}\n")), "{said}");
        let verify_since = |link: &str| site.run(&["event", "verify", "--since", link]);
        verify_since(&noted).done();
        let refusal = verify_since(&format!("2:{}", "0".repeat(64))).refused();
        assert!(refusal.contains("has another hash than the link that you noted"), "{refusal}");
        let refusal = verify_since(&noted.replacen('2', "3", 1)).refused();
        assert!(refusal.contains("does not have link 3 any more"), "{refusal}");
        for wrong in ["2", "2:", "x:0", "2:00"] {
            assert_eq!(verify_since(wrong).status.code(), Some(2), "{wrong}");
        }

        site.sql("UPDATE curfew_events SET subject = 'eva' WHERE subject = 'ben'");
        let refusal = site.run(&["event", "verify"]).refused();
        assert!(refusal.contains("was changed"), "{refusal}");
        let broken = site.run(&["event", "verify", "--json"]);
        assert_eq!(broken.status.code(), Some(1));
        let json: serde_json::Value = serde_json::from_str(&broken.out).expect("JSON");
        assert_eq!((&json["is_whole"], &json["fault"]), (&false.into(), &"event-changed".into()));
    });
}

/// The events of a night without a server.
#[test]
fn late_links_are_reported_until_the_last_link_is_noted() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let hours_ago = (chrono::Utc::now() - chrono::TimeDelta::hours(9)).to_rfc3339();
        site.sql(&format!("UPDATE curfew_events SET at = '{hours_ago}'"));
        let waits = site.run(&["event", "verify"]).refused();
        assert!(waits.contains("has waited too long for its link"), "{waits}");
        site.start();
        until("the event is linked", || site.number("SELECT COUNT(*) FROM curfew_events_to_link") == 0);
        site.server.take().expect("a server").stop().done();
        let late = site.run(&["event", "verify"]);
        assert!(late.status.code() == Some(1) && late.out.contains("\nThe last link: 1:"), "{late:?}");
        assert!(late.err.contains("1 event from ") && late.err.contains("got a link over an hour late"), "{late:?}");
        let late = site.run(&["event", "verify", "--json"]);
        assert_eq!(late.status.code(), Some(1));
        let json: serde_json::Value = serde_json::from_str(&late.out).expect("JSON");
        assert_eq!((&json["is_whole"], &json["late"]["events"]), (&true.into(), &1.into()));
        let noted = format!("1:{}", json["last"]["hash"].as_str().expect("a hash"));
        site.run(&["event", "verify", "--since", &noted]).done();
    });
}

#[test]
fn an_operator_continues_the_chain_under_another_key() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        site.start();
        until("the event is linked", || site.number("SELECT COUNT(*) FROM curfew_events_to_link") == 0);
        site.server.take().expect("a server").stop().done();
        let last = site.run(&["event", "verify"]).done();
        let (_, noted) = last.trim_end().rsplit_once(' ').expect("a last link");
        let key = data_encoding::BASE64.encode(&rand::random::<[u8; 64]>());
        let run = |args: &[&str]| site.program(args).set("ROCKET_SECRET_KEY", &key).run();
        let refusal = run(&["event", "verify"]).refused();
        assert!(
            refusal.contains("Link 1, of event 1, was not sealed") && refusal.contains("event continue"),
            "{refusal}"
        );
        let refusal = run(&["event", "continue", &format!("1:{}", "0".repeat(64))]).refused();
        assert!(refusal.contains("is not the last one of the chain, so nothing was changed"), "{refusal}");
        assert_eq!(run(&["event", "continue", noted]).done(), "The chain continues after link 1.\n");
        assert!(run(&["event", "verify"]).done().starts_with("The chain has no break: 2 events, "));
    });
}
