//! `curfew event …`

use crate::site::{down_and_up, on_every_engine};

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
