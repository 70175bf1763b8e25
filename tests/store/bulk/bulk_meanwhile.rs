//! What happens between the preview of a bulk action and its end.

use curfew::{
    accounts::{AccountsError, Begun},
    domain::{bulk::BulkAction, people::role::Role, reason::EndReason, reason_text::Reasons},
    store::Pools,
};

use crate::{
    bulk::actions::{NEXT, begin, begun, ids, many_logged_in, matching, preview, progress},
    harness::quick_or_soak,
    house::{House, Person, on_each_engine, operator, reasons, run_concurrently},
    raw::{count, run, texts},
};

#[rocket::async_test]
async fn a_bulk_action_does_not_begin_if_its_preview_has_changed() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        for n in 0..3 {
            house.log_in(&house.member(&format!("spam{n}")).await).await;
        }
        let choice = matching(BulkAction::Deactivate, "spam");
        let previewed = preview(&house.accounts, &staff, &choice).await;
        // A user who registers afterwards is not included and is not a change.
        let late = house.member("spam-late").await;
        let ben = house.member("ben").await;
        let (first, second) = (begin(previewed.clone()), begin(previewed));
        run(&house.store, "UPDATE curfew_users SET is_active = FALSE WHERE username = 'spam1'").await;
        let before = count(&house.store, "SELECT COUNT(*) FROM curfew_events").await;
        match house.accounts.begin_bulk(&staff, first).await.expect("an answer") {
            Begun::Changed(now) => assert_eq!((now.counts.users, now.counts.already), (2, 1)),
            other => panic!("{other:?}"),
        }
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events").await, before, "nothing may happen");

        run(&house.store, "UPDATE curfew_users SET is_active = TRUE WHERE username = 'spam1'").await;
        let id = second.id.clone();
        let doing = begun(house, &staff, second.clone()).await;
        doing.run().await.expect("the bulk action finishes");
        assert_eq!(progress(house, &id).await.users_done, 3);
        for (person, name) in [(&late, "registered later"), (&ben, "does not match")] {
            assert!(house.user(person).await.is_active_at(house.now().await), "{name}");
        }
        let again = house.accounts.begin_bulk(&staff, second).await.expect("an answer");
        assert!(matches!(again, Begun::Already), "a second click must not begin another: {again:?}");
    })
    .await;
}

/// The number of users, also of skipped ones, is unchanged, but they are other users.
#[rocket::async_test]
async fn an_equal_number_of_other_users_is_a_change() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let deactivate = async |person: &Person| {
            house.accounts.deactivate(&operator(), &person.target(), None, &reasons()).await.expect("an act");
        };
        deactivate(&ben).await;
        let confirmed = begin(preview(&house.accounts, &staff, &ids(BulkAction::Deactivate, &[&ana, &ben])).await);
        house.accounts.activate(&operator(), &ben.target(), &reasons()).await.expect("an act");
        deactivate(&ana).await;
        let begun = house.accounts.begin_bulk(&staff, confirmed).await.expect("an answer");
        assert!(matches!(begun, Begun::Changed(_)), "{begun:?}");
        assert!(house.user(&ben).await.is_active_at(house.now().await), "a user that was to be skipped");
    })
    .await;
}

/// A user who matches only after the bulk action began was not announced.
#[rocket::async_test]
async fn users_who_match_later_are_not_included() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let (spam, ben) = (house.member("spam").await, house.member("ben").await);
        let confirmed = begin(preview(&house.accounts, &staff, &matching(BulkAction::Deactivate, "spam")).await);
        let doing = begun(house, &staff, confirmed).await;
        let renamed = format!("UPDATE curfew_users SET email_key = 'spam@example.org2' WHERE id = {}", ben.id);
        run(&house.store, &renamed).await;
        doing.run().await.expect("the bulk action finishes");
        let now = house.now().await;
        assert!(!house.user(&spam).await.is_active_at(now) && house.user(&ben).await.is_active_at(now));
    })
    .await;
}

#[rocket::async_test]
async fn two_concurrent_clicks_begin_one_bulk_action() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let ana = house.member("ana").await;
        let confirmed = begin(preview(&house.accounts, &staff, &ids(BulkAction::ForceLogout, &[&ana])).await);
        let click = |_| {
            let (accounts, staff, confirmed) = (house.node(), staff.clone(), confirmed.clone());
            async move { accounts.begin_bulk(&staff, confirmed).await }
        };
        let begun = run_concurrently((0..8).map(click).collect()).await;
        let runs = begun.iter().filter(|begun| matches!(begun, Ok(Begun::Run(_)))).count();
        let others = begun.iter().filter(|begun| matches!(begun, Ok(Begun::Already))).count();
        assert_eq!((runs, others), (1, 7), "{begun:?}");
    })
    .await;
}

#[rocket::async_test]
async fn a_bulk_action_stops_when_the_acting_users_login_ends() {
    on_each_engine(async |house: &House| {
        let vera = house.person("vera", Role::Staff).await;
        let staff = house.acting(&vera).await;
        let ana = house.member("ana").await;
        let confirmed = begin(preview(&house.accounts, &staff, &ids(BulkAction::Deactivate, &[&ana])).await);
        let (id, again) = (
            confirmed.id.clone(),
            begin(preview(&house.accounts, &staff, &ids(BulkAction::Deactivate, &[&ana])).await),
        );
        let doing = begun(house, &staff, confirmed).await;
        house.store.clock().shift(NEXT);
        house.force_out(&vera).await;
        let stopped = doing.run().await;
        assert!(matches!(stopped, Err(AccountsError::Ended { reason: EndReason::ForcedOut, .. })), "{stopped:?}");
        let stopped = progress(house, &id).await;
        assert!(stopped.ended_at.is_some() && stopped.failure.is_some() && stopped.users_done == 0, "{stopped:?}");
        assert!(house.user(&ana).await.is_active_at(house.now().await));
        let begun = house.accounts.begin_bulk(&staff, again).await;
        assert!(matches!(begun, Err(AccountsError::Ended { .. })), "{begun:?}");
    })
    .await;
}

#[rocket::async_test]
async fn if_two_superusers_deactivate_everyone_concurrently_one_remains() {
    on_each_engine(async |house: &House| {
        for round in 0..quick_or_soak(20, 100) {
            let mut acts = Vec::new();
            for n in 0..2 {
                let root = house.person(&format!("root{round}-{n}"), Role::Superuser).await;
                let actor = house.acting(&root).await;
                acts.push((actor, matching(BulkAction::Deactivate, &format!("root{round}-"))));
            }
            let mut runs = Vec::new();
            for (actor, choice) in &acts {
                let confirmed = begin(preview(&house.accounts, actor, choice).await);
                let run = begun(house, actor, confirmed).await;
                runs.push(async move { run.run().await });
            }
            let outcomes = run_concurrently(runs).await;
            let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let ended = outcomes.iter().filter(|outcome| matches!(outcome, Err(AccountsError::Ended { .. }))).count();
            assert_eq!((done, ended), (1, 1), "round {round}: {outcomes:?}");
            let left = format!("SELECT COUNT(*) FROM curfew_users WHERE is_active AND username LIKE 'root{round}-%'");
            assert_eq!(count(&house.store, &left).await, 1, "round {round}");
        }
    })
    .await;
}

#[rocket::async_test]
async fn a_later_action_does_not_claim_sessions_that_an_earlier_one_ended() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let ana = house.member("ana").await;
        let session = house.log_in(&ana).await;
        let confirmed = begin(preview(&house.accounts, &staff, &ids(BulkAction::ForceLogout, &[&ana])).await);
        begun(house, &staff, confirmed).await.run().await.expect("the bulk action finishes");
        let reason = format!("SELECT reason FROM curfew_logins WHERE id = '{}'", session.id.as_str());
        assert_eq!(texts(&house.store, &reason).await, [None], "the ends are not written yet");
        house.accounts.deactivate(&operator(), &ana.target(), None, &Reasons::default()).await.expect("an act");
        assert_eq!(texts(&house.store, &reason).await, [Some("forced-out".to_owned())]);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_login_ends").await, 0);
    })
    .await;
}

/// On Postgres, a bulk action silences the triggers and reports its changes itself. The next user of its connection
/// must have the triggers back.
#[rocket::async_test]
async fn the_connections_of_a_bulk_action_report_changes_through_triggers_again() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        many_logged_in(house, 2_500).await;
        let confirmed = begin(preview(&house.accounts, &staff, &matching(BulkAction::ForceLogout, "many")).await);
        begun(house, &staff, confirmed).await.run().await.expect("the bulk action finishes");
        let Pools::Postgres { pool, .. } = &house.store.pools else { return };
        let mut all = Vec::new();
        for _ in 0..pool.size() {
            all.push(pool.acquire().await.expect("a connection"));
        }
        for connection in &mut all {
            let setting =
                sqlx::query_scalar("SELECT COALESCE(current_setting('curfew.records_bulk_change', TRUE), '')");
            let setting: String = setting.fetch_one(&mut **connection).await.expect("Postgres answers");
            assert_ne!(setting, "on");
        }
    })
    .await;
}
