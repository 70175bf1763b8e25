//! A clock that was ahead once. Logins after a force logout of that time are also dated in the future, and must not
//! last longer for it: the login date only decides the order.

use chrono::TimeDelta;
use curfew::{
    accounts::{Accounts, ForceLogoutMoment, ForceLogoutOutcome, LoginCounts, StartedSession, Which},
    domain::{
        lists::logins_query::LoginsQuery,
        logins::token::TokenLabel,
        people::{login_name::LoginName, role::Role},
        reason::EndReason,
    },
};

use crate::{
    house::{House, NEW_PASSWORD, PASSWORD, Person, client, new_password, on_each_engine, password},
    raw::count,
};

const HOUR: TimeDelta = TimeDelta::hours(1);
const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// How far the clock was ahead: further than any limit.
const AHEAD: TimeDelta = TimeDelta::days(30);

/// Which force logout dates the following logins in the future.
#[derive(Debug, Clone, Copy)]
enum Dated {
    ByTheAccount,
    ByTheSite,
}

/// A user who was forced out while the clock was ahead, with a login made since.
async fn logged_in(house: &House, name: &str, role: Role, dated: Dated) -> (Person, StartedSession) {
    let person = house.person(name, role).await;
    house.store.clock().shift(AHEAD);
    house.log_in(&person).await;
    house.store.clock().shift(-AHEAD);
    match dated {
        Dated::ByTheAccount => drop(house.force_out(&person).await),
        Dated::ByTheSite => drop(house.everyone_out(ForceLogoutMoment::Now).await),
    }
    let login = house.log_in(&person).await;
    assert!(login.login_date > house.now().await + AHEAD - HOUR, "dated in the future: {}", login.login_date);
    assert_eq!(house.verdict(&login).await, Ok(()));
    (person, login)
}

/// Runs the test with both kinds of date on each engine.
async fn on_each(test: impl AsyncFn(&House, Dated)) {
    on_each_engine(async |house: &House| {
        for dated in [Dated::ByTheAccount, Dated::ByTheSite] {
            test(house, dated).await;
        }
    })
    .await;
}

async fn must_be_listed_nowhere_as_live(house: &House, person: &Person) {
    let live = house.accounts.list_sessions(person.id, Which::Live, 10).await.expect("a list");
    assert!(live.is_empty(), "{live:?}");
    assert_eq!(house.accounts.count_live_logins(person.id).await.expect("a count"), LoginCounts::default());
    let site = house.accounts.list_site_logins(&LoginsQuery::default()).await.expect("a list");
    let of_them = site.logins.iter().filter(|login| login.listed.row.user_id == person.id).count();
    assert_eq!(of_them, 0, "in the site's list");
}

#[rocket::async_test]
async fn a_login_dated_ahead_goes_idle_like_any_other() {
    on_each(async |house: &House, dated| {
        let (ana, login) = logged_in(house, &format!("ana{dated:?}"), Role::Member, dated).await;
        house.store.clock().shift(TimeDelta::days(3) + MINUTE);
        assert_eq!(house.verdict(&login).await, Err(EndReason::Idle), "{dated:?}");
        must_be_listed_nowhere_as_live(house, &ana).await;
    })
    .await;
}

#[rocket::async_test]
async fn a_login_dated_ahead_expires_like_any_other_and_is_then_tidied() {
    on_each(async |house: &House, dated| {
        let (sue, login) = logged_in(house, &format!("sue{dated:?}"), Role::Staff, dated).await;
        for _ in 0..11 {
            house.store.clock().shift(HOUR - MINUTE);
            house.record_activity(&login, house.now().await);
            house.flush().await;
            assert_eq!(house.verdict(&login).await, Ok(()));
        }
        house.store.clock().shift(HOUR + MINUTE * 11);
        house.record_activity(&login, house.now().await);
        house.flush().await;
        assert_eq!(house.verdict(&login).await, Err(EndReason::Expired), "{dated:?}");
        must_be_listed_nowhere_as_live(house, &sue).await;
        house.accounts.tidy_logins().await.expect("an answer");
        let expired = format!(
            "SELECT COUNT(*) FROM curfew_logins WHERE id = '{}' AND ended_at IS NOT NULL AND reason = 'expired'",
            login.id.as_str()
        );
        assert_eq!(count(&house.store, &expired).await, 1);
    })
    .await;
}

#[rocket::async_test]
async fn a_scheduled_force_logout_ends_a_login_dated_ahead_for_good() {
    on_each_engine(async |house: &House| {
        for (dated, is_everyones) in [
            (Dated::ByTheAccount, false),
            (Dated::ByTheAccount, true),
            (Dated::ByTheSite, false),
            (Dated::ByTheSite, true),
        ] {
            let name = format!("ana{dated:?}{is_everyones}");
            let (ana, login) = logged_in(house, &name, Role::Member, dated).await;
            let at = ForceLogoutMoment::At(house.now().await + HOUR);
            let reason = if is_everyones {
                house.everyone_out(at).await;
                EndReason::EveryoneOut
            } else {
                house.force_logout(&ana, at).await;
                EndReason::ForcedOut
            };
            house.store.clock().shift(HOUR);
            assert_eq!(house.verdict(&login).await, Err(reason), "{dated:?}, due, not yet applied");
            must_be_listed_nowhere_as_live(house, &ana).await;
            house.accounts.apply_all_due().await.expect("an answer");
            assert_eq!(house.verdict(&login).await, Err(reason), "{dated:?}, applied");
            must_be_listed_nowhere_as_live(house, &ana).await;
            let again = house.log_in(&ana).await;
            house.store.clock().shift(-HOUR * 2);
            assert_eq!(house.verdict(&login).await, Err(reason), "{dated:?}, after the clock stepped back");
            assert_eq!(house.verdict(&again).await, Ok(()), "{dated:?}, a new login must work");
        }
    })
    .await;
}

const fn is_done<L>(outcome: &ForceLogoutOutcome<L>) -> bool {
    matches!(outcome, ForceLogoutOutcome::Done { .. })
}

#[rocket::async_test]
async fn a_past_time_ends_what_was_opened_by_then() {
    on_each(async |house: &House, dated| {
        let (ana, login) = logged_in(house, &format!("ana{dated:?}"), Role::Member, dated).await;
        house.store.clock().shift(HOUR);
        let moment = ForceLogoutMoment::At(house.now().await - MINUTE);
        let (is_done, reason) = match dated {
            Dated::ByTheAccount => (is_done(&house.force_logout(&ana, moment).await), EndReason::ForcedOut),
            Dated::ByTheSite => (is_done(&house.everyone_out(moment).await), EndReason::EveryoneOut),
        };
        assert!(is_done, "{dated:?}");
        assert_eq!(house.verdict(&login).await, Err(reason), "{dated:?}");
        let again = house.log_in(&ana).await;
        assert_eq!(house.verdict(&again).await, Ok(()), "a new login must work");
    })
    .await;
}

#[rocket::async_test]
async fn the_password_check_of_a_login_dated_ahead_lasts_no_longer() {
    on_each(async |house: &House, dated| {
        let (_, login) = logged_in(house, &format!("sue{dated:?}"), Role::Staff, dated).await;
        assert!(house.accounts.is_present(&login.id, &login.secret.hash()).await.expect("an answer"));
        house.store.clock().shift(MINUTE * 15);
        assert!(!house.accounts.is_present(&login.id, &login.secret.hash()).await.expect("an answer"), "{dated:?}");
    })
    .await;
}

#[rocket::async_test]
async fn users_are_shown_when_it_was_really_made() {
    on_each(async |house: &House, dated| {
        let (ana, login) = logged_in(house, &format!("ana{dated:?}"), Role::Member, dated).await;
        let now = house.now().await;
        let user = house.user(&ana).await;
        assert!(user.last_login.is_some_and(|at| at <= now), "{:?}", user.last_login);
        assert!(user.last_seen.is_some_and(|at| at <= now), "{:?}", user.last_seen);
        let listed = house.accounts.list_sessions(ana.id, Which::Live, 10).await.expect("a list");
        let row = &listed.first().expect("a session").row;
        assert!(row.opened_at <= now && row.last_seen.is_some_and(|at| at <= now), "{row:?}");
        let ahead = format!(
            "SELECT COUNT(*) FROM curfew_events WHERE session_id = '{}' AND at > (SELECT opened_at FROM curfew_logins WHERE id = '{0}')",
            login.id.as_str()
        );
        assert_eq!(count(&house.store, &ahead).await, 0, "the event has the time shown by the clock");
    })
    .await;
}

#[rocket::async_test]
async fn a_replacement_session_keeps_the_age_of_the_original() {
    on_each(async |house: &House, dated| {
        let (ana, login) = logged_in(house, &format!("ana{dated:?}"), Role::Member, dated).await;
        let (old, new) = (password(PASSWORD), new_password(NEW_PASSWORD));
        let goes_on = house
            .accounts
            .change_password(&ana.acting_from(&login), &old, &new, false)
            .await
            .map(|(started, _)| started);
        let goes_on = goes_on.expect("a change");
        house.store.clock().shift(TimeDelta::days(3) + MINUTE);
        assert_eq!(house.verdict(&goes_on).await, Err(EndReason::Idle));
    })
    .await;
}

#[rocket::async_test]
async fn tokens_behave_the_same() {
    on_each(async |house: &House, dated| {
        let (ana, _) = logged_in(house, &format!("ana{dated:?}"), Role::Member, dated).await;
        let (name, label) = (LoginName::parse(&ana.name).expect("a name"), TokenLabel::parse("job").expect("a label"));
        let given = (&name, &password(PASSWORD));
        let made = house.now().await;
        let opaque = house.accounts.log_in_for_token(&client(), given, &label).await.expect("a token");
        let family = house.accounts.log_in_for_family(&client(), given).await.expect("a family");
        let settings = house.accounts.settings();
        for (expires_at, lifetime) in
            [(opaque.expires_at, settings.token_lifetime), (family.expires_at, settings.refresh_token_lifetime)]
        {
            assert!(expires_at - made < TimeDelta::from_std(lifetime).expect("a lifetime") + MINUTE, "{expires_at}");
        }
        let live = async || house.accounts.list_all_tokens(ana.id).await.expect("a list").len();
        assert_eq!(live().await, 2);
        house.force_logout(&ana, ForceLogoutMoment::At(house.now().await + HOUR)).await;
        house.store.clock().shift(HOUR);
        assert_eq!(live().await, 0, "{dated:?}, due, not yet applied");
        house.accounts.apply_due(ana.id).await.expect("an answer");
        assert_eq!(live().await, 0, "{dated:?}, applied");
    })
    .await;
}

/// Refreshing never extends a family beyond the lifetime of a session.
#[rocket::async_test]
async fn a_family_has_the_lifetime_of_a_session() {
    on_each(async |house: &House, dated| {
        let (ana, _) = logged_in(house, &format!("ana{dated:?}"), Role::Staff, dated).await;
        let name = LoginName::parse(&ana.name).expect("a name");
        let accounts: Accounts = house.accounts_with(|settings| {
            settings.refresh_token_lifetime = std::time::Duration::from_hours(24);
        });
        let made = house.now().await;
        let family = accounts.log_in_for_family(&client(), (&name, &password(PASSWORD))).await.expect("a family");
        assert!(family.expires_at < made + HOUR * 12 + MINUTE, "{dated:?}: {}", family.expires_at);
    })
    .await;
}
