//! Forcing everyone else out from one browser, and how long a recent-password check is valid.

use chrono::TimeDelta;
use curfew::{
    accounts::{AccountsError, ForceLogoutMoment, ForceLogoutOutcome},
    domain::{
        bulk::BulkAction, logins::kind::LoginClass, people::role::Role, reason::EndReason, reason_text::ReasonText,
    },
};

use crate::{
    bulk::actions::{begin, begun, ids, many_logged_in, preview},
    house::{House, PASSWORD, new_password, on_each_engine, operator, password, reasons},
    raw::{dump_without_events, run, texts},
};

#[rocket::async_test]
async fn the_acting_login_continues_as_a_new_one() {
    on_each_engine(async |house: &House| {
        let (root, ana) = (house.person("root", Role::Superuser).await, house.member("ana").await);
        let (desk, phone, of_ana) = (house.log_in(&root).await, house.log_in(&root).await, house.log_in(&ana).await);
        let (actor, own) = (root.acting_from(&desk), password(PASSWORD));
        let now = ForceLogoutMoment::Now;
        let done = house.accounts.force_everyone_else_out(&actor, &own, now, &reasons(), true).await;
        let (outcome, started) = done.expect("everyone is forced out");
        let ForceLogoutOutcome::Done { date, .. } = outcome else { panic!("{outcome:?}") };
        let started = started.expect("a new login");
        assert!(started.login_date > date && started.remember && started.role == Role::Superuser);
        assert!(started.id != desk.id && started.login_date > desk.login_date);
        assert_eq!(house.verdict(&started).await, Ok(()));
        for out in [&desk, &phone, &of_ana] {
            assert_eq!(house.verdict(out).await, Err(EndReason::EveryoneOut));
        }
        let later = house.log_in(&ana).await;
        assert_eq!(house.verdict(&later).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn the_event_has_the_number_of_ended_sessions() {
    on_each_engine(async |house: &House| {
        let detail = async || {
            let sql = "SELECT detail FROM curfew_events WHERE kind LIKE 'force-logout%' ORDER BY id DESC LIMIT 1";
            texts(&house.store, sql).await.remove(0).expect("a detail")
        };
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let first = house.log_in(&ana).await;
        house.store.clock().shift(TimeDelta::minutes(1));
        house.log_in(&ben).await;
        house.log_in(&ben).await;
        house.everyone_out(ForceLogoutMoment::At(first.login_date)).await;
        assert_eq!(detail().await, "everyone; 1 session ended", "up to a past time");
        house.everyone_out(ForceLogoutMoment::Now).await;
        assert_eq!(detail().await, "everyone; 2 sessions ended");
        house.everyone_out(ForceLogoutMoment::Now).await;
        assert_eq!(detail().await, "everyone; 0 sessions ended", "no session is left");

        house.log_in(&ana).await;
        let due = house.now().await + TimeDelta::minutes(1);
        house.everyone_out(ForceLogoutMoment::At(due)).await;
        house.log_in(&ben).await;
        house.store.clock().shift(TimeDelta::minutes(2));
        house.accounts.apply_all_due().await.expect("the schedule is applied");
        assert_eq!(detail().await, "everyone; 2 sessions ended", "after it came due");
    })
    .await;
}

/// Many sessions are not counted one by one. The event uses the hourly sample, unless those sessions have ended since.
#[rocket::async_test]
async fn the_event_has_an_estimate_if_there_are_many_sessions() {
    on_each_engine(async |house: &House| {
        many_logged_in(house, 1_200).await;
        let ends = async |site_date: &str, moment, words: &str| {
            run(&house.store, &format!("UPDATE curfew_site SET force_logout_date = {site_date}")).await;
            house.everyone_out(moment).await;
            let sql = "SELECT detail FROM curfew_events WHERE kind = 'force-logout' ORDER BY id DESC LIMIT 1";
            assert_eq!(texts(&house.store, sql).await, [Some(format!("everyone; {words}"))]);
        };
        let (now, never) = (ForceLogoutMoment::Now, "NULL");
        let many = "more than 1000 sessions ended";
        ends(never, now, many).await;
        run(&house.store, "UPDATE curfew_site SET force_logout_date = NULL").await;
        house.accounts.sample_live_sessions().await.expect("a sample for this hour");
        let about =
            format!("about 1201 sessions ended, as counted at {}:00:00Z", house.now().await.format("%Y-%m-%dT%H"));
        ends(never, now, &about).await;
        ends("(SELECT hour FROM curfew_live_sessions_by_hour)", now, many).await;

        let all = house.now().await;
        house.store.clock().shift(TimeDelta::minutes(1));
        house.log_in(&house.member("late").await).await;
        ends(never, ForceLogoutMoment::At(all), &about).await;

        // No server ran for a while.
        house.store.clock().shift(TimeDelta::hours(2));
        ends(never, now, many).await;
    })
    .await;
}

/// No session row is written, so only the dates show what came first.
#[rocket::async_test]
async fn a_later_action_on_an_account_does_not_claim_its_ended_logins() {
    on_each_engine(async |house: &House| {
        let mut logins = Vec::new();
        for name in ["ana", "ben", "cleo", "dora"] {
            let person = house.member(name).await;
            logins.push((house.log_in(&person).await, person));
        }
        house.everyone_out(ForceLogoutMoment::Now).await;
        assert_eq!(house.force_out(&logins[0].1).await, 0);
        house.accounts.deactivate(&operator(), &logins[1].1.target(), None, &reasons()).await.expect("an act");
        let new = new_password("another password of the tests");
        house.accounts.set_password(&operator(), &logins[2].1.target(), &new).await.expect("an act");
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let choice = ids(BulkAction::ForceLogout, &[&logins[3].1]);
        let confirmed = begin(preview(&house.accounts, &staff, &choice).await);
        assert_eq!(confirmed.promised.sessions, 0);
        begun(house, &staff, confirmed).await.run().await.expect("the bulk action finishes");
        house.accounts.write_ends().await.expect("nothing to write");
        for (login, person) in &logins {
            assert_eq!(house.verdict(login).await, Err(EndReason::EveryoneOut), "{}", person.name);
        }
    })
    .await;
}

/// Also if the clock stepped back since, and twice in the same microsecond.
#[rocket::async_test]
async fn the_acting_login_continues_whatever_the_clock_says() {
    on_each_engine(async |house: &House| {
        let root = house.person("root", Role::Superuser).await;
        let (mut login, own) = (house.log_in(&root).await, password(PASSWORD));
        house.store.clock().shift(-TimeDelta::hours(1));
        for _ in 0..20 {
            let (actor, now) = (root.acting_from(&login), ForceLogoutMoment::Now);
            let done = house.accounts.force_everyone_else_out(&actor, &own, now, &reasons(), false).await;
            let started = done.expect("everyone is forced out").1.expect("a new login");
            assert_eq!(house.verdict(&login).await, Err(EndReason::EveryoneOut));
            assert_eq!(house.verdict(&started).await, Ok(()));
            login = started;
        }
    })
    .await;
}

#[rocket::async_test]
async fn a_login_after_the_given_time_continues_with_a_new_secret() {
    on_each_engine(async |house: &House| {
        let root = house.person("root", Role::Superuser).await;
        let (before, own) = (house.now().await, password(PASSWORD));
        let mut login = house.log_in(&root).await;
        for moment in [before, login.login_date + TimeDelta::hours(1)] {
            let (actor, at) = (root.acting_from(&login), ForceLogoutMoment::At(moment));
            let done = house.accounts.force_everyone_else_out(&actor, &own, at, &reasons(), false).await;
            let renewed = done.expect("it is applied or scheduled").1.expect("a new secret");
            assert_eq!((&renewed.id, renewed.login_date), (&login.id, login.login_date));
            assert_eq!((house.verdict(&renewed).await, house.verdict(&login).await), (Ok(()), Err(EndReason::Expired)));
            login = renewed;
        }
    })
    .await;
}

#[rocket::async_test]
async fn only_a_logged_in_superuser_with_the_password_can_force_everyone_out() {
    on_each_engine(async |house: &House| {
        let (root, sam) = (house.person("root", Role::Superuser).await, house.person("sam", Role::Staff).await);
        let (of_root, of_sam) = (house.acting(&root).await, house.acting(&sam).await);
        let out = house.acting(&root).await;
        let session = out.session.clone().expect("a session");
        house
            .accounts
            .end_login(&crate::house::operator(), (LoginClass::Sessions, &session), ReasonText::default())
            .await
            .expect("an ended session");
        let before = dump_without_events(&house.store).await;
        let tries = [(&of_root, "wrong password"), (&of_sam, PASSWORD), (&out, PASSWORD)];
        let mut refused = Vec::new();
        for (actor, text) in tries {
            let (own, now) = (password(text), ForceLogoutMoment::Now);
            let done = house.accounts.force_everyone_else_out(actor, &own, now, &reasons(), false).await;
            refused.push(done.expect_err("nothing may be done"));
        }
        assert!(matches!(refused[0], AccountsError::WrongPassword), "{refused:?}");
        assert!(matches!(refused[1], AccountsError::Forbidden), "{refused:?}");
        assert!(matches!(refused[2], AccountsError::Ended { .. }), "{refused:?}");
        assert_eq!(dump_without_events(&house.store).await, before);
    })
    .await;
}

#[rocket::async_test]
async fn a_password_check_counts_for_one_session_and_expires() {
    on_each_engine(async |house: &House| {
        let sam = house.person("sam", Role::Staff).await;
        let (desk, phone) = (house.log_in(&sam).await, house.log_in(&sam).await);
        let is_present = async |login: &curfew::accounts::StartedSession| {
            house.accounts.is_present(&login.id, &login.secret.hash()).await.expect("an answer")
        };
        assert!(is_present(&desk).await && is_present(&phone).await);
        house.store.clock().shift(TimeDelta::minutes(15));
        assert!(!is_present(&desk).await && !is_present(&phone).await);
        let (actor, wrong) = (sam.acting_from(&desk), password("wrong password"));
        let refused = house.accounts.prove_presence(&actor, &wrong).await;
        assert!(matches!(refused, Err(AccountsError::WrongPassword)), "{refused:?}");
        assert!(!is_present(&desk).await);
        let renewed = house.accounts.prove_presence(&actor, &password(PASSWORD)).await.expect("a password check");
        let renewed = renewed.expect("a new secret");
        assert!(is_present(&renewed).await && !is_present(&phone).await);
        assert!(!is_present(&desk).await, "not even for a request that the old cookie has just passed the guard with");
        assert_eq!((house.verdict(&renewed).await, house.verdict(&desk).await), (Ok(()), Err(EndReason::Expired)));
        // A second check from the same cookie, at the same time. The browser must keep the cookie of the first one,
        // whichever response arrives last.
        let second = house.accounts.prove_presence(&actor, &password(PASSWORD)).await.expect("a password check");
        assert!(second.is_none(), "{second:?}");
        assert_eq!(house.verdict(&renewed).await, Ok(()));
        house.store.clock().shift(TimeDelta::minutes(15));
        assert!(!is_present(&renewed).await);
        house.force_out(&sam).await;
        let refused = house.accounts.prove_presence(&actor, &password(PASSWORD)).await;
        assert!(matches!(refused, Err(AccountsError::Ended { .. })), "{refused:?}");
    })
    .await;
}
