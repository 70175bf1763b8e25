//! Scheduled force logouts, and times in the past.

use chrono::TimeDelta;
use curfew::{
    accounts::{AccountsError, ForceLogoutMoment, ForceLogoutOutcome},
    domain::{moment::MICROSECOND, reason::EndReason},
};
use rocket::tokio::try_join;

use crate::{
    house::{House, on_each_engine, operator, reasons, run_concurrently},
    raw::count,
};

const HOUR: TimeDelta = TimeDelta::hours(1);
const DUE_EVENTS: &str = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout-due'";

#[rocket::async_test]
async fn a_scheduled_force_logout_comes_due_once_and_stays_done_when_the_clock_steps_back() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let at = house.now().await + HOUR;
        assert_eq!(
            house.force_logout(&ana, ForceLogoutMoment::At(at)).await,
            ForceLogoutOutcome::Scheduled { at },
            "accurate to the microsecond"
        );
        let login = house.log_in(&ana).await;
        assert_eq!(house.verdict(&login).await, Ok(()));
        house.store.clock().shift(HOUR);
        assert_eq!(
            house.verdict(&login).await,
            Err(EndReason::ForcedOut),
            "due force logouts count before they are applied"
        );
        try_join!(house.accounts.apply_due(ana.id), house.accounts.apply_due(ana.id)).expect("both apply it");
        assert_eq!(count(&house.store, DUE_EVENTS).await, 1);
        let user = house.user(&ana).await;
        assert_eq!((user.force_logout_date, user.force_logout_scheduled), (Some(at), None));
        let after = house.log_in(&ana).await;
        house.store.clock().shift(-HOUR * 2);
        assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut));
        assert_eq!(house.verdict(&after).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn a_login_applies_due_force_logouts_and_is_valid_itself() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let before = house.log_in(&ana).await;
        house.force_logout(&ana, ForceLogoutMoment::At(house.now().await + HOUR)).await;
        house.everyone_out(ForceLogoutMoment::At(house.now().await + HOUR)).await;
        house.store.clock().shift(HOUR);
        let (one, other) = (house.log_in(&ana).await, house.log_in(&ana).await);
        assert_eq!(count(&house.store, DUE_EVENTS).await, 2, "one event for the account, one for the site");
        house.store.clock().shift(-HOUR * 2);
        assert!(house.verdict(&before).await.is_err());
        assert_eq!(house.verdict(&one).await, Ok(()));
        assert_eq!(house.verdict(&other).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn a_new_schedule_replaces_a_pending_one() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let now = house.now().await;
        for hours in [1, 3] {
            house.force_logout(&ana, ForceLogoutMoment::At(now + HOUR * hours)).await;
            house.everyone_out(ForceLogoutMoment::At(now + HOUR * hours)).await;
        }
        house.store.clock().shift(HOUR * 2);
        house.accounts.apply_due(ana.id).await.expect("due force logouts are applied");
        assert_eq!(house.verdict(&login).await, Ok(()));
        house.store.clock().shift(HOUR);
        assert!(house.verdict(&login).await.is_err());
    })
    .await;
}

#[rocket::async_test]
async fn a_new_schedule_does_not_undo_one_that_is_already_due() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let (of_ana, of_ben) = (house.log_in(&ana).await, house.log_in(&ben).await);
        let now = house.now().await;
        house.force_logout(&ana, ForceLogoutMoment::At(now + HOUR)).await;
        house.store.clock().shift(HOUR * 2);
        house.force_logout(&ana, ForceLogoutMoment::At(now + HOUR * 5)).await;
        assert_eq!(house.verdict(&of_ana).await, Err(EndReason::ForcedOut));
        house.everyone_out(ForceLogoutMoment::At(now + HOUR * 3)).await;
        assert_eq!(house.verdict(&of_ben).await, Ok(()));
        house.store.clock().shift(HOUR * 2);
        house.everyone_out(ForceLogoutMoment::At(now + HOUR * 9)).await;
        assert_eq!(house.verdict(&of_ben).await, Err(EndReason::EveryoneOut));
    })
    .await;
}

#[rocket::async_test]
async fn a_cancelled_schedule_never_takes_effect() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let (actor, at) = (operator(), house.now().await + HOUR);
        house.force_logout(&ana, ForceLogoutMoment::At(at)).await;
        house.everyone_out(ForceLogoutMoment::At(at)).await;
        house.accounts.cancel_force_logout(&actor, &ana.target()).await.expect("the schedule is cancelled");
        house.accounts.cancel_everyone_out(&actor).await.expect("the schedule is cancelled");
        house.store.clock().shift(HOUR * 2);
        house.accounts.apply_due(ana.id).await.expect("due force logouts are applied");
        assert_eq!(house.verdict(&login).await, Ok(()));
        let again = house.accounts.cancel_force_logout(&actor, &ana.target()).await;
        assert!(matches!(again, Err(AccountsError::NothingScheduled)), "{again:?}");
        let again = house.accounts.cancel_everyone_out(&actor).await;
        assert!(matches!(again, Err(AccountsError::NothingScheduled)), "{again:?}");
    })
    .await;
}

#[rocket::async_test]
async fn a_due_schedule_cannot_be_cancelled_or_undone_by_the_clock() {
    on_each_engine(async |house: &House| {
        let (ana, actor) = (house.member("ana").await, operator());
        let first = house.log_in(&ana).await;
        house.force_logout(&ana, ForceLogoutMoment::At(house.now().await + HOUR)).await;
        house.store.clock().shift(HOUR * 2);
        let late = house.accounts.cancel_force_logout(&actor, &ana.target()).await;
        assert!(matches!(late, Err(AccountsError::NothingScheduled)), "{late:?}");
        house.store.clock().shift(-HOUR * 2);
        assert_eq!(house.verdict(&first).await, Err(EndReason::ForcedOut));

        let second = house.log_in(&ana).await;
        house.everyone_out(ForceLogoutMoment::At(house.now().await + HOUR * 2)).await;
        house.store.clock().shift(HOUR * 3);
        let late = house.accounts.cancel_everyone_out(&actor).await;
        assert!(matches!(late, Err(AccountsError::NothingScheduled)), "{late:?}");
        house.store.clock().shift(-HOUR * 3);
        assert_eq!(house.verdict(&second).await, Err(EndReason::EveryoneOut));
    })
    .await;
}

#[rocket::async_test]
async fn a_past_time_ends_the_logins_made_by_then_and_no_others() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (first, second) = (house.log_in(&ana).await, house.log_in(&ana).await);
        assert!(first.login_date < second.login_date);
        let done = house.force_logout(&ana, ForceLogoutMoment::At(first.login_date)).await;
        assert_eq!(done, ForceLogoutOutcome::Done { date: first.login_date, ended: 1.into() });
        assert_eq!(house.verdict(&first).await, Err(EndReason::ForcedOut), "an equal date ends the login");
        assert_eq!(house.verdict(&second).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn a_time_before_the_current_date_changes_nothing() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        house.log_in(&ana).await;
        house.force_out(&ana).await;
        house.everyone_out(ForceLogoutMoment::Now).await;
        let date = house.user(&ana).await.force_logout_date.expect("a date");
        let before = crate::raw::dump(&house.store).await;
        let earlier = ForceLogoutMoment::At(date - MICROSECOND);
        assert_eq!(house.force_logout(&ana, earlier).await, ForceLogoutOutcome::Unchanged { date });
        assert!(matches!(house.everyone_out(earlier).await, ForceLogoutOutcome::Unchanged { .. }));
        assert_eq!(crate::raw::dump(&house.store).await, before);
    })
    .await;
}

#[rocket::async_test]
async fn forcing_everyone_out_is_one_write_and_everyone_can_log_in_again() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let logins = [house.log_in(&ana).await, house.log_in(&ben).await, house.log_in(&ben).await];
        let sessions = "SELECT COUNT(*) FROM curfew_logins WHERE ended_at IS NULL";
        house.everyone_out(ForceLogoutMoment::Now).await;
        for login in &logins {
            assert_eq!(house.verdict(login).await, Err(EndReason::EveryoneOut));
        }
        assert_eq!(count(&house.store, sessions).await, 3, "no session row may change");
        assert_eq!(house.accounts.count_live_logins(ben.id).await.expect("a count").sessions, 0);
        let again = house.log_in(&ben).await;
        assert_eq!(house.verdict(&again).await, Ok(()));
        assert_eq!(house.accounts.count_live_logins(ben.id).await.expect("a count").sessions, 1);
    })
    .await;
}

#[rocket::async_test]
async fn a_due_schedule_is_applied_once_in_the_background() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let login = house.log_in(&ana).await;
        let soon = house.now().await + TimeDelta::minutes(5);
        house.force_logout(&ana, ForceLogoutMoment::At(soon)).await;
        house.accounts.deactivate(&operator(), &ben.target(), Some(soon), &reasons()).await.expect("an act");
        house.everyone_out(ForceLogoutMoment::At(soon)).await;
        house.accounts.apply_all_due().await.expect("an answer");
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind IN ('force-logout-due', 'activated')";
        assert_eq!(count(&house.store, recorded).await, 0, "not due yet");

        house.store.clock().shift(TimeDelta::minutes(5));
        let nodes: [_; 4] = std::array::from_fn(|_| house.node());
        let folding = nodes.map(|node| async move { node.apply_all_due().await });
        for outcome in run_concurrently(folding.into()).await {
            outcome.expect("an answer");
        }
        assert_eq!(count(&house.store, recorded).await, 3, "one event each for ana, ben and everyone");
        let user = house.user(&ana).await;
        assert!(user.force_logout_date == Some(soon) && user.force_logout_scheduled.is_none(), "{user:?}");
        assert!(house.user(&ben).await.deactivated_until.is_none());
        assert!(house.verdict(&login).await.is_err());
    })
    .await;
}
