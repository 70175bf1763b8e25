//! What an administrator changes with SQL in `sqlite3` or `psql` takes effect at once.

use curfew::{
    domain::reason::EndReason,
    store::{Pools, Store, users},
};

use crate::{
    house::{House, on_each_engine, operator, reasons},
    raw::run,
};

/// The current time as an administrator would write it on this engine. SQLite rounds down to whole seconds, so one
/// second is added to come after the login.
fn now(store: &Store) -> &'static str {
    match &store.pools {
        Pools::Sqlite { .. } => "datetime('now', '+1 second')",
        Pools::Postgres { .. } => "now()",
    }
}

#[rocket::async_test]
async fn a_force_logout_date_set_by_sql_ends_the_logins_before_it() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let (of_ana, of_ben) = (house.log_in(&ana).await, house.log_in(&ben).await);
        let date = now(&house.store);
        run(&house.store, &format!("UPDATE curfew_users SET force_logout_date = {date} WHERE username = 'ana'")).await;
        assert_eq!(house.verdict(&of_ana).await, Err(EndReason::ForcedOut));
        assert_eq!(house.verdict(&of_ben).await, Ok(()));
        let again = house.log_in(&ana).await;
        assert_eq!(house.verdict(&again).await, Ok(()), "the login of {}", again.login_date);
        run(&house.store, &format!("UPDATE curfew_site SET force_logout_date = {date}")).await;
        assert_eq!(house.verdict(&of_ben).await, Err(EndReason::EveryoneOut));
        let again = house.log_in(&ben).await;
        assert_eq!(house.verdict(&again).await, Ok(()), "the login of {}", again.login_date);
    })
    .await;
}

#[rocket::async_test]
async fn a_schedule_set_by_sql_comes_due() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let later = match house.store.pools {
            Pools::Sqlite { .. } => "datetime('now', '+1 hour')",
            Pools::Postgres { .. } => "now() + interval '1 hour'",
        };
        run(&house.store, &format!("UPDATE curfew_users SET force_logout_scheduled = {later}")).await;
        house.accounts.apply_due(ana.id).await.expect("due force logouts are applied");
        assert_eq!(house.verdict(&login).await, Ok(()));
        house.store.clock().shift(chrono::TimeDelta::hours(2));
        assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut));
        house.accounts.apply_due(ana.id).await.expect("due force logouts are applied");
        house.store.clock().shift(-chrono::TimeDelta::hours(2));
        assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut));
    })
    .await;
}

#[rocket::async_test]
async fn a_session_ended_by_sql_stays_ended() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        run(&house.store, &format!("UPDATE curfew_logins SET ended_at = {}", now(&house.store))).await;
        assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut));
        assert_eq!(house.force_out(&ana).await, 0, "the session has already ended");
        let later = house.log_in(&ana).await;
        run(&house.store, "DELETE FROM curfew_logins").await;
        assert_eq!(house.verdict(&later).await, Err(EndReason::Expired));
        assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut), "the reason comes from the account");
    })
    .await;
}

#[rocket::async_test]
async fn flags_set_by_sql_take_effect() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let (off, on) = match house.store.pools {
            Pools::Sqlite { .. } => ("0", "1"),
            Pools::Postgres { .. } => ("FALSE", "TRUE"),
        };
        run(&house.store, &format!("UPDATE curfew_users SET is_active = {off}")).await;
        assert_eq!(house.verdict(&login).await, Err(EndReason::Deactivated));
        run(&house.store, &format!("UPDATE curfew_users SET is_active = {on}, is_superuser = {on}")).await;
        assert_eq!(house.verdict(&login).await, Ok(()));
        assert!(house.user(&ana).await.role().is_superuser());
        let refused = house.accounts.deactivate(&operator(), &ana.target(), None, &reasons()).await;
        assert!(matches!(refused, Err(curfew::accounts::AccountsError::LastSuperuser)), "{refused:?}");
        let mut reading = house.store.read().await.expect("a connection");
        assert_eq!(users::count_other_superusers(&mut reading, 0).await.expect("a count"), 1);
        drop(reading);
        run(&house.store, "DELETE FROM curfew_users").await;
        assert_eq!(house.verdict(&login).await, Err(EndReason::Deleted));
    })
    .await;
}

#[rocket::async_test]
async fn a_role_set_by_sql_counts_at_the_next_check() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let limits = house.accounts.settings().limits(curfew::Role::Staff);
        let idle = chrono::TimeDelta::from_std(limits.idle).expect("a limit");
        house.store.clock().shift(idle);
        assert_eq!(house.verdict(&login).await, Ok(()));
        run(&house.store, "UPDATE curfew_users SET is_staff = TRUE").await;
        assert_eq!(house.verdict(&login).await, Err(EndReason::Idle), "the limits of the new role apply");
    })
    .await;
}
