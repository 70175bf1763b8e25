//! `curfew force-logout …`, and that the logins over HTTP really end.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::{
    program::until,
    site::{PASSWORD, down_and_up, on_every_engine},
};

fn text(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[test]
fn a_force_logout_ends_the_logins_on_the_running_server() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        site.make_user("ben", &[]);
        let (mut laptop, mut phone, mut ben) = (site.logged_in("ana"), site.logged_in("ana"), site.logged_in("ben"));
        let said = site.run(&["force-logout", "ANA@example.org", "--reason", "Lost phone"]).done();
        assert!(said.starts_with("The logins of ANA@example.org made up to 2"), "{said}");
        assert!(said.ends_with("Z have ended; 2 sessions ended.\n"), "{said}");
        assert_eq!(laptop.end_reason().as_deref(), Some("forced-out"));
        phone.must_be_logged_out_soon();
        assert!(ben.is_logged_in(), "no other user may be logged out");
        assert!(phone.logs_in("ana", PASSWORD) && phone.is_logged_in(), "logging in again must work");
        let ana = site.show("ana");
        assert_eq!(ana["force_logout_cause"], "forced-out");
        assert!(ana["force_logout_date"].as_str() < ana["last_login"].as_str(), "{ana}");
    });
}

#[test]
fn a_force_logout_needs_no_running_server() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let mut ana = site.logged_in("ana");
        site.server.take().expect("a server").stop().done();
        site.run(&["force-logout", "ana"]).done();
        site.start();
        let address = site.server.as_ref().expect("a server").address.clone();
        ana.moves_to(&address);
        ana.must_be_logged_out_soon();
    });
}

#[test]
fn forcing_everyone_out_at_a_past_time_ends_earlier_logins_only() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let mut ana = site.logged_in("ana");
        let before = text(Utc::now() - TimeDelta::hours(1));
        let said = site.run(&["force-logout", "ana", "--at", &before]).done();
        assert_eq!(said, format!("The logins of ana made up to {before} have ended; 0 sessions ended.\n"));
        assert!(ana.is_logged_in());
        let login = site.show("ana")["last_login"].as_str().expect("a login").to_owned();
        let said = site.run(&["force-logout", "ana", "--at", &login]).done();
        assert!(said.ends_with("1 session ended.\n"), "a login at exactly that time ends: {said}");
        ana.must_be_logged_out_soon();
        let said = site.run(&["force-logout", "ana", "--at", &before]).done();
        assert_eq!(said, format!("Nothing changed. The logins of ana made up to {login} had ended already.\n"));
    });
}

#[test]
fn a_future_time_is_scheduled_and_can_be_cancelled() {
    down_and_up(|site| {
        site.make_user("ana", &[]);
        let mut ana = site.server.is_some().then(|| site.logged_in("ana"));
        let at = "2999-12-31T23:30:00+01:00";
        let said = site.run(&["force-logout", "ana", "--at", at, "--reason", "Exam"]).done();
        assert_eq!(said, "The logins of ana will end at 2999-12-31T22:30:00.000000Z.\n");
        assert_eq!(site.show("ana")["force_logout_scheduled"], "2999-12-31T22:30:00.000000Z");
        assert!(site.run(&["user", "show", "ana"]).done().contains("scheduled      2999-12-31T22:30:00.000000Z\n"));
        let said = site.run(&["force-logout", "ana", "--cancel"]).done();
        assert_eq!(said, "Cancelled the force logout scheduled for ana.\n");
        assert!(site.run(&["force-logout", "ana", "--cancel"]).refused().starts_with("ana: Nothing is scheduled"));
        assert_eq!(site.show("ana")["force_logout_date"], serde_json::Value::Null);
        if let Some(ana) = &mut ana {
            assert!(ana.is_logged_in());
        }
    });
}

#[test]
fn a_due_schedule_ends_the_login_and_is_shown_as_done() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        site.make_user("ben", &[]);
        let mut ana = site.logged_in("ana");
        let at = text(Utc::now() + TimeDelta::seconds(1));
        for name in ["ana", "ben"] {
            site.run(&["force-logout", name, "--at", &at]).done();
        }
        until("the login ends when it is due", || !ana.is_logged_in());
        for name in ["ana", "ben"] {
            let user = site.show(name);
            assert_eq!(
                (&user["force_logout_date"], user["force_logout_scheduled"].is_null()),
                (&at.clone().into(), true)
            );
        }
    });
}

#[test]
fn everyone_can_be_forced_out() {
    on_every_engine(|site| {
        site.make_user("ana", &["--superuser"]);
        site.make_user("ben", &[]);
        let (mut ana, mut ben) = (site.logged_in("ana"), site.logged_in("ben"));
        let before = text(Utc::now() - TimeDelta::hours(1));
        let said = site.run(&["force-logout", "--everyone", "--at", &before]).done();
        assert_eq!(said, format!("The logins of everyone made up to {before} have ended; 0 sessions ended.\n"));
        assert!(ana.is_logged_in() && ben.is_logged_in());
        let said = site.run(&["force-logout", "--everyone", "--reason", "A leak"]).done();
        assert!(
            said.starts_with("The logins of everyone made up to 2")
                && said.ends_with("Z have ended; 2 sessions ended.\n"),
            "{said}"
        );
        assert_eq!(ana.end_reason().as_deref(), Some("everyone-out"));
        ben.must_be_logged_out_soon();
        assert!(ben.logs_in("ben", PASSWORD));
        let said = site.run(&["force-logout", "--everyone", "--at", &before]).done();
        assert!(said.starts_with("Nothing changed. The logins of everyone"), "{said}");
        assert!(ben.is_logged_in());
    });
}

#[test]
fn a_schedule_for_everyone_can_be_cancelled() {
    down_and_up(|site| {
        site.make_user("ana", &[]);
        assert!(
            site.run(&["force-logout", "--everyone", "--cancel"]).refused().contains("everyone: Nothing is scheduled")
        );
        let said = site.run(&["force-logout", "--everyone", "--at", "2999-01-01T00:00:00Z"]).done();
        assert_eq!(said, "The logins of everyone will end at 2999-01-01T00:00:00.000000Z.\n");
        let said = site.run(&["force-logout", "--everyone", "--cancel"]).done();
        assert_eq!(said, "Cancelled the force logout scheduled for everyone.\n");
    });
}

#[test]
fn an_invalid_time_is_refused_with_an_example() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        for at in ["tomorrow", "", "2026-13-01T00:00:00Z", "12026-01-01T00:00:00Z", "\u{1b}[31m"] {
            let refusal = site.run(&["force-logout", "ana", "--at", at]).misused();
            assert!(refusal.contains("Write the time like 2026-03-01T14:30"), "{at}: {refusal}");
        }
        assert_eq!(site.show("ana")["force_logout_date"], serde_json::Value::Null);
    });
}

#[test]
fn a_force_logout_needs_exactly_one_target() {
    on_every_engine(|site| {
        for args in [
            &["force-logout"][..],
            &["force-logout", "ana", "--everyone"],
            &["force-logout", "--cancel"],
            &["force-logout", "ana", "--cancel", "--at", "2999-01-01T00:00:00Z"],
            &["force-logout", "ana", "--cancel", "--reason", "x"],
        ] {
            assert!(site.run(args).misused().contains("Usage: curfew force-logout"), "{args:?}");
        }
    });
}

#[test]
fn the_events_record_actions_of_the_command_line_and_its_user() {
    down_and_up(|site| {
        site.make_user("boss", &["--superuser"]);
        site.make_user("ana", &["--staff"]);
        for act in [
            &["user", "role", "ana", "member"][..],
            &["user", "delete", "ana", "--yes"],
            &["force-logout", "--everyone", "--at", "2999-01-01T00:00:00Z", "--reason", "A <b>drill</b>"],
            &["force-logout", "--everyone", "--cancel"],
            &["force-logout", "--everyone", "--reason", "A leak"],
        ] {
            site.run(act).done();
        }
        let overview = site.logged_in("boss").get("/admin").body;
        let who = format!("by <span class=\"name\">{} (command line)</span>", whoami::username().expect("a name"));
        let (_, events) = overview.split_once("id=\"events\"").expect("the events");
        let must_record = |words: &str| {
            let event = events.split("<li").find(|event| event.contains(words));
            assert!(event.is_some_and(|event| event.contains(&who)), "{words}: {events}");
        };
        for words in [
            "from staff to member",
            "Account deleted",
            "everyone; for <time class=\"exact\" datetime=\"2999-01-01T00:00:00.000000Z\">1 January 2999, 00:00:00 UTC</time>",
            "A &lt;b&gt;drill",
            "Scheduled force logout cancelled",
            "A leak",
        ] {
            must_record(words);
        }
    });
}
