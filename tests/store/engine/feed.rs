//! The feed of standing changes: it has everything that can end a login, whatever wrote it, and nothing else.

use std::time::Duration;

use curfew::{
    accounts::ForceLogoutMoment,
    domain::{logins::token::TokenLabel, people::role::Role},
    store::{
        Pools,
        feed::{Change, Feed, News},
        users,
    },
};
use rocket::tokio::{sync::Notify, time::timeout};

use crate::{
    house::{House, NEW_PASSWORD, PASSWORD, Person, new_password, on_each_engine, operator, password, reasons},
    raw::{count, run},
};

/// Far longer than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(30);
/// A marker change that nothing else writes. When it arrives, everything before it has arrived.
const MARK: i64 = 1_000_000;

/// The changes that the feed reports before a new marker. The marker sends no notification, so a poll finds it,
/// together with everything committed before.
async fn reported(house: &House, feed: &mut Feed) -> Vec<Change> {
    run(&house.store, &format!("INSERT INTO curfew_standing_changes (user_id) VALUES ({MARK})")).await;
    let mut all = Vec::new();
    while !all.contains(&Change::User(MARK)) {
        let news = timeout(PATIENCE, feed.next(&Notify::new())).await.expect("the feed is alive");
        all.extend(news.expect("an answer").into_iter().map(|news| news.change));
    }
    all.retain(|change| *change != Change::User(MARK));
    all
}

async fn open(house: &House) -> Feed {
    Feed::open(&house.store).await.expect("a feed")
}

#[rocket::async_test]
async fn every_action_that_ends_logins_reports_its_account() {
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
                    accounts.end_other_logins(&actor, &own, false).await.expect("an act");
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
            let reported = reported(house, &mut feed).await;
            assert!(
                !reported.is_empty() && reported.iter().all(|change| *change == Change::User(ana.id)),
                "{act}: {reported:?}"
            );
            // Every change of the date requests a receipt, because staff see the receipt below the date.
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
async fn a_change_of_the_site_is_reported_for_everyone() {
    on_each_engine(async |house: &House| {
        let mut feed = open(house).await;
        house.everyone_out(ForceLogoutMoment::Now).await;
        let reported = reported(house, &mut feed).await;
        assert!(!reported.is_empty() && reported.iter().all(|change| *change == Change::Everyone), "{reported:?}");
    })
    .await;
}

/// Logins, requests and failed logins end no login, and would be most of the traffic.
#[rocket::async_test]
async fn changes_that_end_no_login_are_not_reported() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let mut feed = open(house).await;
        house.log_in(&ana).await;
        house.record_activity(&login, login.login_date + chrono::TimeDelta::minutes(5));
        house.flush().await;
        assert!(house.try_log_in(&ana, NEW_PASSWORD).await.is_err());
        assert_eq!(reported(house, &mut feed).await, []);
    })
    .await;
}

/// The account's date ends all its sessions at once.
#[rocket::async_test]
async fn a_force_logout_is_reported_once_and_not_per_session() {
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

/// On Postgres a change gets its id before it commits, so later ids may become visible first.
#[rocket::async_test]
async fn a_late_commit_is_reported_and_a_rollback_is_not() {
    on_each_engine(async |house: &House| {
        let people: [Person; 3] = [house.member("ana").await, house.member("ben").await, house.member("eve").await];
        let mut feed = open(house).await;
        let mut taken_back = house.store.begin().await.expect("a transaction");
        users::set_active(&mut taken_back, people[2].id).await.expect("a change");
        drop(taken_back);
        let mut late = house.store.begin().await.expect("a transaction");
        users::set_active(&mut late, people[0].id).await.expect("a change");
        if matches!(house.store.pools, Pools::Postgres { .. }) {
            house.force_out(&people[1]).await;
            let before = reported(house, &mut feed).await;
            assert!(before.contains(&Change::User(people[1].id)), "{before:?}");
            assert!(!before.contains(&Change::User(people[0].id)), "not committed yet: {before:?}");
        }
        late.commit().await.expect("a commit");
        let reported = reported(house, &mut feed).await;
        assert!(reported.contains(&Change::User(people[0].id)), "{reported:?}");
        assert!(!reported.contains(&Change::User(people[2].id)), "{reported:?}");
    })
    .await;
}

/// A bulk action takes thousands of ids before it commits, while other changes go on.
#[rocket::async_test]
async fn a_late_commit_is_reported_after_any_number_of_other_changes() {
    on_each_engine(async |house: &House| {
        // SQLite has only one writer at a time.
        let Pools::Postgres { pool, .. } = &house.store.pools else { return };
        run(&house.store, "INSERT INTO curfew_standing_changes (user_id) VALUES (6)").await;
        let mut feed = open(house).await;
        let mut late = pool.begin().await.expect("a transaction");
        let change = sqlx::query("INSERT INTO curfew_standing_changes (user_id) VALUES (7)");
        change.execute(&mut *late).await.expect("a change without a notification");
        for round in 0..3 {
            let many = "INSERT INTO curfew_standing_changes (user_id) SELECT 8 FROM generate_series(1, 5000)";
            run(&house.store, many).await;
            let before = reported(house, &mut feed).await;
            assert!(before.iter().all(|change| *change == Change::User(8)), "not committed yet");
            assert_eq!(before.len(), 5_000, "round {round}: each change once");
        }
        late.commit().await.expect("a commit");
        let reported = reported(house, &mut feed).await;
        assert!(reported.contains(&Change::User(7)), "{} changes", reported.len());
        let own = |change: &&Change| **change == Change::User(8);
        assert_eq!(reported.iter().filter(own).count(), 0, "no change is reported twice");
    })
    .await;
}

/// A node that was away for longer than changes are kept treats everyone as changed.
#[rocket::async_test]
async fn changes_deleted_before_they_were_read_are_reported_as_everyone() {
    on_each_engine(async |house: &House| {
        let mut feed = open(house).await;
        let numbers = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 50)";
        run(&house.store, &format!("INSERT INTO curfew_standing_changes (user_id) {numbers} SELECT n FROM n")).await;
        run(&house.store, "DELETE FROM curfew_standing_changes WHERE user_id < 50").await;
        let reported = reported(house, &mut feed).await;
        assert!(reported.contains(&Change::Everyone), "{reported:?}");
    })
    .await;
}

/// A notification is lost with its connection, but the row in the table is not.
#[rocket::async_test]
async fn a_change_without_a_notification_is_reported_too() {
    on_each_engine(async |house: &House| {
        let mut feed = open(house).await;
        run(&house.store, "INSERT INTO curfew_standing_changes (user_id) VALUES (7)").await;
        assert_eq!(reported(house, &mut feed).await, [Change::User(7)]);
    })
    .await;
}

/// No page does this, but an administrator may with SQL.
#[rocket::async_test]
async fn a_moved_renamed_or_replaced_row_is_reported_for_its_former_owner() {
    on_each_engine(async |house: &House| {
        let mut acts = vec![
            "UPDATE curfew_logins SET user_id = BEN WHERE user_id = ANA",
            "UPDATE curfew_logins SET id = 'other' WHERE user_id = ANA",
            "UPDATE curfew_logins SET reason = 'forced-out' WHERE user_id = ANA",
        ];
        if matches!(house.store.pools, Pools::Sqlite { .. }) {
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
            let reported = reported(house, &mut feed).await;
            assert!(reported.contains(&Change::User(ana.id)), "{act}: {reported:?}");
        }
    })
    .await;
}

#[rocket::async_test]
async fn an_expiry_that_is_brought_forward_or_removed_is_reported_and_a_later_one_is_not() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let label = TokenLabel::parse("backup").expect("a label");
        let day = Duration::from_hours(24);
        house.accounts.create_token(&operator(), &ana.target(), &label, day).await.expect("a token");
        let date = |offset: &str| match house.store.pools {
            Pools::Sqlite { .. } => format!("strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', '{offset}')"),
            Pools::Postgres { .. } => format!("now() + interval '{offset}'"),
        };
        for (expiry, is_reported) in
            [(date("+2 days"), false), (date("+1 days"), true), ("NULL".to_owned(), true), (date("+1 days"), true)]
        {
            let mut feed = open(house).await;
            run(&house.store, &format!("UPDATE curfew_logins SET expires_at = {expiry}")).await;
            let changes = if is_reported { vec![Change::User(ana.id)] } else { Vec::new() };
            assert_eq!(reported(house, &mut feed).await, changes, "{expiry}");
        }
    })
    .await;
}

/// Whether the account's date had ended the login before is judged by the old row, not the new one.
#[rocket::async_test]
async fn moving_a_login_date_before_the_accounts_date_is_reported() {
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
        assert_eq!(reported(house, &mut feed).await, [Change::User(ana.id)]);
    })
    .await;
}

/// For example, when a backup is restored under running nodes.
#[rocket::async_test]
async fn replacing_or_deleting_the_sites_row_is_reported_for_everyone() {
    on_each_engine(async |house: &House| {
        let replace = match house.store.pools {
            Pools::Sqlite { .. } => "REPLACE INTO curfew_site SELECT * FROM curfew_site",
            Pools::Postgres { .. } => {
                "WITH gone AS (DELETE FROM curfew_site RETURNING *) INSERT INTO curfew_site SELECT * FROM gone"
            }
        };
        for act in [replace, "DELETE FROM curfew_site"] {
            let mut feed = open(house).await;
            run(&house.store, act).await;
            assert!(reported(house, &mut feed).await.contains(&Change::Everyone), "{act}");
        }
    })
    .await;
}

/// Postgres truncates a table without row triggers.
#[rocket::async_test]
async fn truncating_a_table_is_reported_for_everyone() {
    on_each_engine(async |house: &House| {
        if !matches!(house.store.pools, Pools::Postgres { .. }) {
            return;
        }
        let ana = house.member("ana").await;
        house.log_in(&ana).await;
        for table in ["curfew_logins", "curfew_site"] {
            let mut feed = open(house).await;
            run(&house.store, &format!("TRUNCATE {table}")).await;
            assert_eq!(reported(house, &mut feed).await, [Change::Everyone], "{table}");
        }
    })
    .await;
}

/// Waits until the feed reports this change. It may report others as well, and the same one twice.
async fn must_report(feed: &mut Feed, wanted: News) {
    let telling = async { while !feed.next(&Notify::new()).await.expect("an answer").contains(&wanted) {} };
    timeout(PATIENCE, telling).await.expect("the change is reported");
}

#[rocket::async_test]
async fn a_force_logout_requests_a_receipt_even_from_a_feed_opened_later() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let mut feed = open(house).await;
        assert!(feed.recent_receipt_requests().is_empty());
        house.force_out(&ana).await;
        let event = count(&house.store, "SELECT MAX(id) FROM curfew_events").await;
        let of_ana = News { change: Change::User(ana.id), receipt_for: Some(event) };
        must_report(&mut feed, of_ana).await;
        house.everyone_out(ForceLogoutMoment::Now).await;
        let of_all = News { change: Change::Everyone, receipt_for: Some(event + 1) };
        must_report(&mut feed, of_all).await;
        assert_eq!(open(house).await.recent_receipt_requests(), [event, event + 1]);
    })
    .await;
}
