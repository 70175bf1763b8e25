//! The feed of changes: everything that can end a login is on it, whoever did it, and nothing else.

use std::time::Duration;

use curfew::{
    accounts::ForceLogoutMoment,
    domain::people::role::Role,
    store::{
        Store,
        standing::feed::{Change, Feed, News},
        users,
    },
};
use rocket::tokio::{sync::Notify, time::timeout};

use crate::{
    house::{House, NEW_PASSWORD, PASSWORD, Person, new_password, on_each_engine, operator, password, reasons},
    raw::{count, run},
};

/// Far above what a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(30);
/// What nobody else does: it tells that all before it has been told.
const MARK: i64 = 1_000_000;

/// What the feed says until it finds a mark that is made now. Nobody is notified of that one, so it
/// is found by looking, with all that was committed before it.
async fn told(house: &House, feed: &mut Feed) -> Vec<Change> {
    run(&house.store, &format!("INSERT INTO curfew_standing_changes (user_id) VALUES ({MARK})")).await;
    let mut all = Vec::new();
    while !all.contains(&Change::User(MARK)) {
        let news = timeout(PATIENCE, feed.next(&Notify::new())).await.expect("the feed goes on");
        all.extend(news.expect("an answer").into_iter().map(|news| news.change));
    }
    all.retain(|change| *change != Change::User(MARK));
    all
}

async fn open(house: &House) -> Feed {
    Feed::open(&house.store).await.expect("a feed")
}

#[rocket::async_test]
async fn each_act_that_ends_logins_is_told_of_the_account_it_is_on() {
    on_each_engine(async |house: &House| {
        let (accounts, root, why) = (&house.accounts, operator(), reasons());
        let acts = [
            "force",
            "deactivate",
            "password",
            "own-password",
            "logout",
            "others",
            "delete",
            "role",
            "schedule",
            "due",
            "by-hand",
        ];
        for act in acts {
            let (ana, ben) =
                (house.person(&format!("ana-{act}"), Role::Staff).await, house.member(&format!("ben-{act}")).await);
            let login = house.log_in(&ana).await;
            house.log_in(&ana).await;
            house.log_in(&ben).await;
            let (target, actor) = (ana.target(), ana.acting_from(&login));
            let mut feed = open(house).await;
            match act {
                "force" => drop(house.force_out(&ana).await),
                "deactivate" => drop(accounts.deactivate(&root, &target, None, &why).await.expect("an act")),
                "password" => {
                    accounts.set_password(&root, &target, &new_password(NEW_PASSWORD)).await.expect("an act");
                }
                "logout" => accounts.log_out(&actor).await.expect("an act"),
                "others" => {
                    let own = password(PASSWORD);
                    accounts.end_other_sessions(&actor, &own).await.expect("an act");
                }
                "delete" => drop(accounts.delete_user(&root, &target, &why).await.expect("an act")),
                "role" => {
                    accounts.set_role(&root, &target, Role::Member).await.expect("an act");
                }
                "own-password" => {
                    let (own, new) = (password(PASSWORD), new_password(NEW_PASSWORD));
                    accounts.change_password(&actor, &own, &new, false).await.expect("an act");
                }
                "schedule" => {
                    let at = house.now().await + chrono::TimeDelta::hours(1);
                    house.force_logout(&ana, ForceLogoutMoment::At(at)).await;
                }
                "due" => {
                    let at = house.now().await + chrono::TimeDelta::minutes(5);
                    house.force_logout(&ana, ForceLogoutMoment::At(at)).await;
                    house.store.clock().shift(chrono::TimeDelta::minutes(5));
                    accounts.apply_due(ana.id).await.expect("an answer");
                }
                _ => {
                    run(&house.store, &format!("UPDATE curfew_users SET is_active = FALSE WHERE id = {}", ana.id))
                        .await;
                }
            }
            let told = told(house, &mut feed).await;
            assert!(!told.is_empty() && told.iter().all(|change| *change == Change::User(ana.id)), "{act}: {told:?}");
            // Whatever moved the date asks for a receipt; what staff see beneath a date is about that date.
            let moved =
                format!("SELECT COUNT(*) FROM curfew_users WHERE id = {} AND force_logout_date IS NOT NULL", ana.id);
            let asked = format!(
                "SELECT COUNT(*) FROM curfew_standing_changes WHERE user_id = {} AND event_id IS NOT NULL",
                ana.id
            );
            let is_over = count(&house.store, &moved).await == 1 || act == "delete";
            assert_eq!(count(&house.store, &asked).await, i64::from(is_over), "{act}");
        }
    })
    .await;
}

#[rocket::async_test]
async fn what_is_done_to_the_site_is_told_of_everyone() {
    on_each_engine(async |house: &House| {
        let mut feed = open(house).await;
        house.everyone_out(ForceLogoutMoment::Now).await;
        let told = told(house, &mut feed).await;
        assert!(!told.is_empty() && told.iter().all(|change| *change == Change::Everyone), "{told:?}");
    })
    .await;
}

/// A login, a request and a failed login end nobody, and would be the most of what happens.
#[rocket::async_test]
async fn what_ends_no_login_is_not_told() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let mut feed = open(house).await;
        house.log_in(&ana).await;
        house.note(&login, login.login_date + chrono::TimeDelta::minutes(5));
        house.flush().await;
        assert!(house.try_log_in(&ana, NEW_PASSWORD).await.is_err());
        assert_eq!(told(house, &mut feed).await, []);
    })
    .await;
}

/// However many sessions it ends: they are out by the account's date.
#[rocket::async_test]
async fn a_force_logout_is_told_once_and_not_for_each_session() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        for _ in 0..5 {
            house.log_in(&ana).await;
        }
        house.force_out(&ana).await;
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_standing_changes WHERE event_id IS NULL").await, 1);
    })
    .await;
}

/// On Postgres the number of a change is given before it is committed, so that others pass it by.
#[rocket::async_test]
async fn a_change_that_is_committed_late_is_told_and_one_that_is_taken_back_is_not() {
    on_each_engine(async |house: &House| {
        let people: [Person; 3] = [house.member("ana").await, house.member("ben").await, house.member("eve").await];
        let mut feed = open(house).await;
        let mut taken_back = house.store.begin().await.expect("a transaction");
        users::set_active(&mut taken_back, people[2].id).await.expect("a change");
        drop(taken_back);
        let mut late = house.store.begin().await.expect("a transaction");
        users::set_active(&mut late, people[0].id).await.expect("a change");
        if matches!(house.store, Store::Postgres { .. }) {
            house.force_out(&people[1]).await;
            let before = told(house, &mut feed).await;
            assert!(before.contains(&Change::User(people[1].id)), "{before:?}");
            assert!(!before.contains(&Change::User(people[0].id)), "it is not committed: {before:?}");
        }
        late.commit().await.expect("a commit");
        let told = told(house, &mut feed).await;
        assert!(told.contains(&Change::User(people[0].id)), "{told:?}");
        assert!(!told.contains(&Change::User(people[2].id)), "{told:?}");
    })
    .await;
}

/// An act on many takes thousands of numbers before it commits, and meanwhile others go on.
#[rocket::async_test]
async fn what_is_committed_late_is_told_however_many_changes_were_in_between() {
    on_each_engine(async |house: &House| {
        // SQLite has one writer at a time.
        let Store::Postgres { pool, .. } = &house.store else { return };
        run(&house.store, "INSERT INTO curfew_standing_changes (user_id) VALUES (6)").await;
        let mut feed = open(house).await;
        let mut late = pool.begin().await.expect("a transaction");
        let change = sqlx::query("INSERT INTO curfew_standing_changes (user_id) VALUES (7)");
        change.execute(&mut *late).await.expect("a change that nobody is notified of");
        for round in 0..3 {
            let many = "INSERT INTO curfew_standing_changes (user_id) SELECT 8 FROM generate_series(1, 5000)";
            run(&house.store, many).await;
            let before = told(house, &mut feed).await;
            assert!(before.iter().all(|change| *change == Change::User(8)), "it is not committed");
            assert_eq!(before.len(), 5_000, "round {round}: each once");
        }
        late.commit().await.expect("a commit");
        let told = told(house, &mut feed).await;
        assert!(told.contains(&Change::User(7)), "{} changes", told.len());
        let own = |change: &&Change| **change == Change::User(8);
        assert_eq!(told.iter().filter(own).count(), 0, "what was told is not told again");
    })
    .await;
}

/// Whoever was away for longer than changes are kept takes everyone as changed.
#[rocket::async_test]
async fn what_was_deleted_before_it_was_seen_is_told_as_everyone() {
    on_each_engine(async |house: &House| {
        let mut feed = open(house).await;
        let numbers = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 50)";
        run(&house.store, &format!("INSERT INTO curfew_standing_changes (user_id) {numbers} SELECT n FROM n")).await;
        run(&house.store, "DELETE FROM curfew_standing_changes WHERE user_id < 50").await;
        let told = told(house, &mut feed).await;
        assert!(told.contains(&Change::Everyone), "{told:?}");
    })
    .await;
}

/// A notification is lost with its connection; what stands in the table is not.
#[rocket::async_test]
async fn a_change_that_nobody_was_notified_of_is_told_too() {
    on_each_engine(async |house: &House| {
        let mut feed = open(house).await;
        run(&house.store, "INSERT INTO curfew_standing_changes (user_id) VALUES (7)").await;
        assert_eq!(told(house, &mut feed).await, [Change::User(7)]);
    })
    .await;
}

/// What no page does, and a hand may.
#[rocket::async_test]
async fn what_is_given_away_renamed_or_replaced_is_told_of_whom_it_was() {
    on_each_engine(async |house: &House| {
        let mut acts = vec![
            "UPDATE curfew_logins SET user_id = BEN WHERE user_id = ANA",
            "UPDATE curfew_logins SET id = 'other' WHERE user_id = ANA",
            "UPDATE curfew_logins SET reason = 'forced-out' WHERE user_id = ANA",
        ];
        if matches!(house.store, Store::Sqlite { .. }) {
            acts.extend([
                "REPLACE INTO curfew_logins SELECT * FROM curfew_logins WHERE user_id = ANA",
                "REPLACE INTO curfew_users SELECT * FROM curfew_users WHERE id = ANA",
            ]);
        }
        for (n, act) in acts.into_iter().enumerate() {
            let (ana, ben) = (house.member(&format!("ana-{n}")).await, house.member(&format!("ben-{n}")).await);
            house.log_in(&ana).await;
            let mut feed = open(house).await;
            run(&house.store, &act.replace("ANA", &ana.id.to_string()).replace("BEN", &ben.id.to_string())).await;
            let told = told(house, &mut feed).await;
            assert!(told.contains(&Change::User(ana.id)), "{act}: {told:?}");
        }
    })
    .await;
}

/// Its login was made before the account's date is the row that says so, not what it is made into.
#[rocket::async_test]
async fn a_login_date_that_is_moved_before_the_accounts_date_is_told() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        house.force_out(&ana).await;
        house.log_in(&ana).await;
        let mut feed = open(house).await;
        run(
            &house.store,
            "UPDATE curfew_logins SET login_date = (SELECT date_joined FROM curfew_users) WHERE ended_at IS NULL",
        )
        .await;
        assert_eq!(told(house, &mut feed).await, [Change::User(ana.id)]);
    })
    .await;
}

/// As a copy of the data does that is put back under nodes that go on.
#[rocket::async_test]
async fn a_sites_row_that_is_replaced_or_taken_away_is_told_of_everyone() {
    on_each_engine(async |house: &House| {
        let replace = match house.store {
            Store::Sqlite { .. } => "REPLACE INTO curfew_site SELECT * FROM curfew_site",
            Store::Postgres { .. } => {
                "WITH gone AS (DELETE FROM curfew_site RETURNING *) INSERT INTO curfew_site SELECT * FROM gone"
            }
        };
        for act in [replace, "DELETE FROM curfew_site"] {
            let mut feed = open(house).await;
            run(&house.store, act).await;
            assert!(told(house, &mut feed).await.contains(&Change::Everyone), "{act}");
        }
    })
    .await;
}

/// Postgres empties a table without a look at its rows.
#[rocket::async_test]
async fn a_table_that_is_emptied_at_once_is_told_of_everyone() {
    on_each_engine(async |house: &House| {
        if !matches!(house.store, Store::Postgres { .. }) {
            return;
        }
        let ana = house.member("ana").await;
        house.log_in(&ana).await;
        for table in ["curfew_logins", "curfew_site"] {
            let mut feed = open(house).await;
            run(&house.store, &format!("TRUNCATE {table}")).await;
            assert_eq!(told(house, &mut feed).await, [Change::Everyone], "{table}");
        }
    })
    .await;
}

/// Waits until the feed tells that; it may tell other things, and the same twice.
async fn must_tell(feed: &mut Feed, wanted: News) {
    let telling = async { while !feed.next(&Notify::new()).await.expect("an answer").contains(&wanted) {} };
    timeout(PATIENCE, telling).await.expect("it is told");
}

#[rocket::async_test]
async fn a_force_logout_asks_for_a_receipt_of_its_event_also_from_who_opens_the_feed_later() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let mut feed = open(house).await;
        assert!(feed.asked_before().is_empty());
        house.force_out(&ana).await;
        let event = count(&house.store, "SELECT MAX(id) FROM curfew_events").await;
        let of_ana = News { change: Change::User(ana.id), receipt_for: Some(event) };
        must_tell(&mut feed, of_ana).await;
        house.everyone_out(ForceLogoutMoment::Now).await;
        let of_all = News { change: Change::Everyone, receipt_for: Some(event + 1) };
        must_tell(&mut feed, of_all).await;
        assert_eq!(open(house).await.asked_before(), [event, event + 1]);
    })
    .await;
}
