//! The preview of a force logout matches what it ends, at any time, also if logins are dated in the future.

use chrono::TimeDelta;
use curfew::{
    accounts::{EveryonesLogins, ForceLogoutMoment, ForceLogoutOutcome, ForceLogoutPreview},
    domain::people::{login_name::LoginName, role::Role},
};

use crate::house::{House, PASSWORD, client, on_each_engine, password};

const HOUR: TimeDelta = TimeDelta::hours(1);

#[rocket::async_test]
async fn the_preview_of_a_time_matches_the_outcome() {
    on_each_engine(async |house: &House| {
        for hours in [-5, -3, -2, -1, 0] {
            for is_ahead in [false, true] {
                let ana = house.member(&format!("ana{}{is_ahead}", hours + 9)).await;
                if is_ahead {
                    house.store.clock().shift(HOUR * 30);
                    house.force_out(&ana).await;
                    house.store.clock().shift(-HOUR * 30);
                }
                let name = LoginName::parse(&ana.name).expect("a name");
                for _ in 0..4 {
                    house.log_in(&ana).await;
                    let given = (&name, &password(PASSWORD));
                    house.accounts.log_in_for_family(&client(), given).await.expect("a family");
                    house.store.clock().shift(HOUR);
                }
                let at = ForceLogoutMoment::At(house.now().await + HOUR * hours);
                let promised = house.accounts.preview_force_logout(ana.id, at).await.expect("a preview");
                let done = house.force_logout(&ana, at).await;
                match (promised, done) {
                    (ForceLogoutPreview::Ends { date, logins }, ForceLogoutOutcome::Done { date: on, ended }) => {
                        assert_eq!((date, logins), (on, ended), "{hours} {is_ahead}");
                    }
                    (ForceLogoutPreview::Unchanged { date }, ForceLogoutOutcome::Unchanged { date: on }) => {
                        assert_eq!(date, on);
                    }
                    other => panic!("{hours} {is_ahead}: {other:?}"),
                }
            }
        }
    })
    .await;
}

#[rocket::async_test]
async fn an_unapplied_due_force_logout_counts_as_applied() {
    on_each_engine(async |house: &House| {
        let (ana, root) = (house.member("ana").await, house.person("root", Role::Superuser).await);
        house.log_in(&ana).await;
        house.log_in(&root).await;
        let due = house.now().await + HOUR;
        house.force_logout(&ana, ForceLogoutMoment::At(due)).await;
        house.everyone_out(ForceLogoutMoment::At(due)).await;
        house.store.clock().shift(HOUR * 2);
        let before = ForceLogoutMoment::At(due - HOUR);
        let of_ana = house.accounts.preview_force_logout(ana.id, before).await.expect("a preview");
        assert_eq!(of_ana, ForceLogoutPreview::Unchanged { date: due });
        let of_all = house.accounts.preview_everyone_out(before).await.expect("a preview");
        assert_eq!(of_all, ForceLogoutPreview::Unchanged { date: due });
        let now = house.accounts.preview_everyone_out(ForceLogoutMoment::Now).await.expect("a preview");
        let none = EveryonesLogins { sessions: 0, sessions_estimated: false, tokens: 0, tokens_more: false };
        assert!(matches!(now, ForceLogoutPreview::Ends { logins, .. } if logins == none), "{now:?}");
    })
    .await;
}

/// After a clock was ahead, every later login is dated in the future, also those that a past time must keep.
#[rocket::async_test]
async fn logins_dated_in_the_future_are_not_announced_if_a_past_time_keeps_them() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        house.store.clock().shift(HOUR * 30);
        house.everyone_out(ForceLogoutMoment::Now).await;
        house.store.clock().shift(-HOUR * 30);
        house.log_in(&ana).await;
        house.log_in(&ben).await;
        house.force_out(&ana).await;
        let between = ForceLogoutMoment::At(house.now().await + HOUR / 2);
        house.store.clock().shift(HOUR);
        house.log_in(&ana).await;
        let promised = house.accounts.preview_everyone_out(between).await.expect("a preview");
        let ForceLogoutPreview::Ends { logins, .. } = promised else { panic!("{promised:?}") };
        assert_eq!(logins.sessions, 1, "ben's, but not ana's newer session");
    })
    .await;
}
