//! Reads for a request, for the pages of staff and for the events.

use chrono::TimeDelta;
use curfew::{
    accounts::ForceLogoutMoment,
    domain::{
        event_kind::EventKind,
        lists::logins_query::LoginsQuery,
        logins::{public_id::PublicId, session_secret::SecretHash},
        moment::{MICROSECOND, Moment},
        people::role::Role,
        reason::EndReason,
        reason_text::Reasons,
        standing::SiteStanding,
    },
    store::{
        Pools,
        events::{Named, NewEvent, insert_event, list_newest_events, list_newest_events_of},
        lists::overview,
        site,
        standing::get_login_standing,
        users::User,
    },
};

use crate::{
    house::{House, PASSWORD, on_each_engine, operator, reasons},
    raw::run,
};

const HOUR: TimeDelta = TimeDelta::hours(1);

fn event(at: Moment, subject_id: i64) -> NewEvent<'static> {
    NewEvent {
        at,
        kind: EventKind::Refused,
        actor: None,
        subject: Some(Named { id: Some(subject_id), name: "ana" }),
        session: None,
        reason: None,
        reasons: Reasons::default(),
        address: None,
        user_agent: None,
        detail: None,
        times: 1,
        bulk: None,
    }
}

#[rocket::async_test]
async fn events_are_stored_as_recorded_and_listed_newest_first() {
    on_each_engine(async |house: &House| {
        let mut tx = house.store.begin().await.expect("a transaction");
        let at = house.store.clock().now(&mut tx).await.expect("the time");
        let session = PublicId::from_random(rand::random());
        let full = NewEvent {
            actor: Some(Named { id: None, name: "root (command line)" }),
            session: Some(&session),
            reason: Some(EndReason::ForcedOut),
            reasons: reasons(),
            address: Some("192.0.2.7"),
            user_agent: Some("a \"browser\" 'of' the tests; --"),
            detail: Some("1 session ended".to_owned()),
            ..event(at, 7)
        };
        insert_event(&mut tx, &full).await.expect("an event");
        insert_event(&mut tx, &event(at, 8)).await.expect("an event");
        insert_event(&mut tx, &event(at - MICROSECOND, 7)).await.expect("an event");
        tx.commit().await.expect("a commit");
        let mut on = house.store.read().await.expect("a connection");
        let all = list_newest_events(&mut on, 10).await.expect("a list");
        let order: Vec<_> = all.iter().map(|row| (row.at, row.subject_id)).collect();
        assert_eq!(order, [(at, Some(8)), (at, Some(7)), (at - MICROSECOND, Some(7))]);
        assert_eq!(list_newest_events(&mut on, 2).await.expect("a list").len(), 2);
        let of_seven = list_newest_events_of(&mut on, 7, 10).await.expect("a list");
        assert_eq!(of_seven.len(), 2);
        let kept = &all[1];
        assert_eq!((kept.kind.as_str(), kept.actor.as_deref()), ("refused", Some("root (command line)")));
        assert_eq!((kept.reason.as_deref(), kept.subject.as_deref()), (Some("forced-out"), Some("ana")));
        assert_eq!(kept.staff_reason.as_deref(), reasons().for_staff.as_deref());
        assert_eq!(kept.user_reason.as_deref(), reasons().for_user.as_deref());
        assert_eq!(kept.address.as_deref(), full.address);
        assert_eq!((kept.user_agent.as_deref(), &kept.detail), (full.user_agent, &full.detail));
        let bare = &all[0];
        assert_eq!([&bare.actor, &bare.reason, &bare.address, &bare.detail], [&None; 4]);
    })
    .await;
}

#[rocket::async_test]
async fn the_sites_row_stores_its_dates_its_schedule_and_its_setup_code() {
    on_each_engine(async |house: &House| {
        let mut tx = house.store.begin().await.expect("a transaction");
        let fresh = site::lock_site(&mut tx).await.expect("the row");
        assert_eq!((fresh.standing(), fresh.setup_code_hash), (SiteStanding::default(), None));
        assert_eq!(site::find_latest_login(&mut tx).await.expect("an answer"), None);
        let now = house.store.clock().now(&mut tx).await.expect("the time");
        let code = SecretHash::of_text("a code");
        site::set_force_logout_date(&mut tx, now, &reasons()).await.expect("a date");
        site::set_force_logout_scheduled(&mut tx, now + HOUR, "root", &reasons()).await.expect("a schedule");
        site::set_setup_code_hash(&mut tx, Some(&code)).await.expect("a code");
        let row = site::get_site(&mut tx).await.expect("the row");
        assert_eq!((row.force_logout_date, row.force_logout_scheduled), (Some(now), Some(now + HOUR)));
        assert_eq!(row.force_logout_user_reason.as_deref(), reasons().for_user.as_deref());
        assert_eq!(row.force_logout_scheduled_by.as_deref(), Some("root"));
        assert_eq!(row.force_logout_scheduled_staff_reason.as_deref(), reasons().for_staff.as_deref());
        assert!(code.matches(&row.setup_code_hash.expect("a hash")));
        site::clear_force_logout_scheduled(&mut tx).await.expect("no schedule");
        site::set_setup_code_hash(&mut tx, None).await.expect("no code");
        let row = site::get_site(&mut tx).await.expect("the row");
        assert_eq!(
            (row.force_logout_scheduled, row.force_logout_scheduled_by, row.setup_code_hash),
            (None, None, None)
        );
        assert_eq!(row.force_logout_scheduled_user_reason, None);
        assert_eq!(row.force_logout_date, Some(now), "the date must stay");
    })
    .await;
}

#[rocket::async_test]
async fn a_standing_covers_one_account_and_its_own_session() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.person("ben", Role::Staff).await);
        let (of_ana, of_ben) = (house.log_in(&ana).await, house.log_in(&ben).await);
        let standing = house.standing(&of_ben).await;
        let account = standing.account.expect("the account");
        assert_eq!((account.username.as_str(), account.email.as_str()), ("ben", "ben@example.org"));
        assert_eq!((account.role, account.last_login), (Role::Staff, Some(of_ben.login_date)));
        assert_eq!(account.standing.user_id, ben.id);
        assert!(account.standing.is_active && account.standing.force_logout_date.is_none());
        let mut on = house.store.read().await.expect("a connection");
        let clock = house.store.clock();
        let crossed = get_login_standing(&mut on, clock, ben.id, &of_ana.id).await.expect("a standing");
        assert!(crossed.account.is_some() && crossed.login.is_none(), "another user's session must not count");
        let unknown = get_login_standing(&mut on, clock, 999, &of_ana.id).await.expect("a standing");
        assert!(unknown.account.is_none() && unknown.login.is_none());
        drop(on);
        house.everyone_out(ForceLogoutMoment::Now).await;
        house.force_logout(&ana, ForceLogoutMoment::At(house.now().await + HOUR)).await;
        let standing = house.standing(&of_ana).await;
        assert_eq!(standing.site_user_reason.as_deref(), reasons().for_user.as_deref());
        let account = standing.account.expect("the account");
        assert_eq!(account.scheduled_user_reason.as_deref(), reasons().for_user.as_deref());
        assert!(account.force_logout_user_reason.is_none());
    })
    .await;
}

#[rocket::async_test]
async fn the_overview_counts_every_kind_of_account() {
    on_each_engine(async |house: &House| {
        let begin = house.now().await;
        let ana = house.member("ana").await;
        for (name, role) in [("ben", Role::Member), ("sam", Role::Staff), ("root", Role::Superuser)] {
            house.person(name, role).await;
        }
        let ben = curfew::accounts::Target::Id(ana.id + 1);
        let until = Some(house.now().await + HOUR);
        house.accounts.deactivate(&operator(), &ben, until, &reasons()).await.expect("a deactivation");
        house.log_in(&ana).await;
        house.force_out(&ana).await;
        house.log_in(&ana).await;
        assert!(house.try_log_in(&ana, "wrong").await.is_err());
        let mut on = house.store.read().await.expect("a connection");
        let now = house.store.clock().now(&mut on).await.expect("the time");
        let live = house.accounts.live_by_role(SiteStanding::default(), now);
        let counts = overview::get_counts(&mut on, begin, &live).await.expect("counts");
        assert_eq!((counts.users, counts.users_estimated, counts.staff, counts.inactive), (4, false, 2, 1));
        assert_eq!((counts.live_sessions, counts.logins, counts.failed_logins), (1, 2, 1));
        let live = house.accounts.live_by_role(SiteStanding::default(), now + HOUR);
        let later = overview::get_counts(&mut on, now, &live).await.expect("counts");
        assert_eq!((later.inactive, later.logins, later.failed_logins), (0, 0, 0));
    })
    .await;
}

/// Each session counts by the limits of its own account, also after changes by SQL: exactly what the list shows.
#[rocket::async_test]
async fn the_overview_counts_the_live_sessions_that_the_list_shows() {
    on_each_engine(async |house: &House| {
        let people = [
            ("ana", Role::Member),
            ("sam", Role::Staff),
            ("off", Role::Member),
            ("out", Role::Member),
            ("due", Role::Member),
        ];
        for (name, role) in people {
            let person = house.person(name, role).await;
            house.log_in(&person).await;
        }
        let counted = async || {
            let mut on = house.store.read().await.expect("a connection");
            let now = house.store.clock().now(&mut on).await.expect("the time");
            let live = house.accounts.live_by_role(SiteStanding::default(), now);
            let counts = overview::get_counts(&mut on, now, &live).await.expect("counts");
            let listed = house.accounts.list_site_logins(&LoginsQuery::default()).await.expect("a list");
            assert_eq!(counts.live_sessions, listed.matches.logins);
            counts.live_sessions
        };
        assert_eq!(counted().await, 5);
        run(&house.store, "UPDATE curfew_users SET is_active = FALSE WHERE username = 'off'").await;
        let now = match house.store.pools {
            Pools::Sqlite { .. } => "datetime('now', '+1 second')", // not in the site's own format
            Pools::Postgres { .. } => "now()",
        };
        run(&house.store, &format!("UPDATE curfew_users SET force_logout_date = {now} WHERE username = 'out'")).await;
        run(&house.store, "UPDATE curfew_users SET force_logout_scheduled = last_login WHERE username = 'due'").await;
        assert_eq!(counted().await, 2);
        house.store.clock().shift(HOUR * 2);
        assert_eq!(counted().await, 1, "staff have a shorter idle timeout");
    })
    .await;
}

#[rocket::async_test]
async fn schedules_are_listed_soonest_first() {
    on_each_engine(async |house: &House| {
        let now = house.now().await;
        for (name, hours) in [("ana", 3), ("ben", 1), ("eve", 2)] {
            let person = house.member(name).await;
            house.force_logout(&person, ForceLogoutMoment::At(now + HOUR * hours)).await;
        }
        house.member("zoe").await;
        let mut on = house.store.read().await.expect("a connection");
        let plans = overview::list_scheduled(&mut on, 2).await.expect("a list");
        let listed: Vec<_> = plans.iter().map(|plan| (plan.username.as_str(), plan.at)).collect();
        assert_eq!(listed, [("ben", now + HOUR), ("eve", now + HOUR * 2)]);
        assert_eq!(plans[0].user_reason.as_deref(), reasons().for_user.as_deref());
    })
    .await;
}

#[rocket::async_test]
async fn the_count_shown_to_staff_is_what_a_force_logout_ends() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        for _ in 0..3 {
            house.log_in(&ana).await;
        }
        house.store.clock().shift(-HOUR);
        house.try_log_in(&ana, PASSWORD).await.expect("a login");
        let promised = house.accounts.get_target_account(ana.id).await.expect("the account");
        let same: &User = &promised.user;
        assert_eq!((same.id, promised.will_end), (ana.id, 4.into()));
        assert_eq!(house.force_out(&ana).await, 4);
        assert_eq!(house.accounts.count_live_logins(ana.id).await.expect("a count").sessions, 0);
    })
    .await;
}
