//! Bulk actions: what they announce, what they do, and whom they skip.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use curfew::{
    accounts::{Accounts, Actor, BeginBulk, Begun, BulkRun, ForceLogoutMoment, PreviewedBulk, StartedSession},
    domain::{
        bulk::{BulkAction, BulkChoice, BulkCounts, BulkScope},
        lists::users_filter::{UsersFields, UsersFilter},
        logins::{public_id::PublicId, token::TokenLabel},
        people::{login_name::LoginName, role::Role},
        reason::EndReason,
    },
    store::bulk::records::BulkRecord,
};

use crate::{
    house::{House, PASSWORD, Person, client, on_each_engine, operator, password, reasons},
    raw::{count, run, texts},
};

pub const NEXT: TimeDelta = TimeDelta::seconds(1);

pub fn ids(action: BulkAction, people: &[&Person]) -> BulkChoice {
    BulkChoice::new(action, BulkScope::Ids(people.iter().map(|person| person.id).collect()))
}

pub fn matching(action: BulkAction, search: &str) -> BulkChoice {
    let filter = UsersFilter::parse(&UsersFields { q: search, ..UsersFields::default() }).expect("a filter");
    BulkChoice::new(action, BulkScope::Matching(filter))
}

pub async fn preview(accounts: &Accounts, actor: &Actor, choice: &BulkChoice) -> PreviewedBulk {
    accounts.preview_bulk(actor, actor.role, choice).await.expect("a preview")
}

pub fn begin(previewed: PreviewedBulk) -> BeginBulk {
    let id = PublicId::from_random(rand::random());
    BeginBulk { id, choice: previewed.choice, reasons: reasons(), promised: previewed.counts }
}

/// Begins a confirmed bulk action, which must be allowed and unchanged.
pub async fn begun(house: &House, actor: &Actor, confirmed: BeginBulk) -> Box<BulkRun> {
    match house.accounts.begin_bulk(actor, confirmed).await.expect("an answer") {
        Begun::Run(run) => run,
        other => panic!("the bulk action does not begin: {other:?}"),
    }
}

/// Creates users called "many1", "many2" and so on, each with one login.
pub async fn many_logged_in(house: &House, people: u32) {
    let template = house.member("template").await;
    house.log_in(&template).await;
    let numbers = format!("WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {people})");
    run(
        &house.store,
        &format!(
            "INSERT INTO curfew_users (username, username_key, email, email_key, password_hash, is_active, is_staff,
                                is_superuser, date_joined)
             {numbers} SELECT 'many' || n, 'many' || n, 'many' || n || '@example.org', 'many' || n || '@example.org',
                    'none', TRUE, FALSE, FALSE, u.date_joined FROM n CROSS JOIN curfew_users u WHERE u.id = {}",
            template.id
        ),
    )
    .await;
    run(
        &house.store,
        &format!(
            "INSERT INTO curfew_logins (id, user_id, kind, secret_hash, login_date, opened_at, last_seen, address, user_agent)
             SELECT 'of' || u.id, u.id, s.kind, s.secret_hash, s.login_date, s.opened_at, s.last_seen, s.address, s.user_agent
             FROM curfew_users u CROSS JOIN curfew_logins s WHERE s.user_id = {} AND u.username LIKE 'many%'",
            template.id
        ),
    )
    .await;
}

/// Previews, begins and runs a bulk action, and returns its record.
async fn act(house: &House, actor: &Actor, choice: &BulkChoice) -> (BulkCounts, BulkRecord) {
    let previewed = preview(&house.accounts, actor, choice).await;
    let (promised, begin) = (previewed.counts, begin(previewed));
    let id = begin.id.clone();
    begun(house, actor, begin).await.run().await.expect("the bulk action finishes");
    house.accounts.write_ends().await.expect("the ends are written to the sessions");
    (promised, progress(house, &id).await)
}

pub async fn progress(house: &House, id: &PublicId) -> BulkRecord {
    house.accounts.find_bulk_record(id).await.expect("an answer").expect("a record")
}

fn kept(promised: BulkCounts, done: &BulkRecord) -> bool {
    let as_promised = (done.promised_users, done.promised_sessions, done.promised_tokens)
        == (done.users_done, done.sessions_ended, done.tokens_ended);
    as_promised && u64::try_from(done.users_done).ok() == Some(promised.users) && done.ended_at.is_some()
}

#[rocket::async_test]
async fn a_bulk_action_does_to_each_account_what_the_single_action_does() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        // What is scheduled is cancelled by the same function.
        for action in BulkAction::ALL.into_iter().filter(|action| *action != BulkAction::CancelForceLogout) {
            let name = |n: usize| format!("{}{n}", action.code());
            let mut people = Vec::new();
            for n in 0..4 {
                let person = house.member(&name(n)).await;
                for _ in 0..n {
                    house.log_in(&person).await;
                }
                if action == BulkAction::Activate {
                    house.accounts.deactivate(&staff, &person.target(), None, &reasons()).await.expect("an act");
                }
                people.push(person);
            }
            house.store.clock().shift(NEXT);
            // The first two through the use case for one account, the others through the bulk action.
            for person in &people[..2] {
                let target = person.target();
                match action {
                    BulkAction::ForceLogout => {
                        let moment = ForceLogoutMoment::Now;
                        house.accounts.force_logout(&staff, &target, moment, &reasons()).await.map(drop)
                    }
                    BulkAction::Deactivate => {
                        house.accounts.deactivate(&staff, &target, None, &reasons()).await.map(drop)
                    }
                    BulkAction::Activate => house.accounts.activate(&staff, &target, &reasons()).await.map(drop),
                    BulkAction::CancelForceLogout => house.accounts.cancel_force_logout(&staff, &target).await,
                }
                .expect("the use case for one account");
            }
            let (promised, done) = act(house, &staff, &ids(action, &[&people[2], &people[3]])).await;
            let sessions = if action == BulkAction::Activate { 0 } else { 5 };
            assert_eq!((promised.users, promised.sessions, promised.skipped()), (2, sessions, 0), "{action:?}");
            assert!(kept(promised, &done), "{action:?}: {done:?}");
            let like = async |n: usize| snapshot(house, &people[n]).await;
            assert_eq!(like(0).await.0, like(2).await.0, "{action:?}: the account");
            assert_eq!(like(1).await.0, like(3).await.0, "{action:?}: the account");
            assert_eq!(like(1).await.1[0], like(3).await.1[0], "{action:?}: a session");
            let (one, many) = (like(1).await.2, like(3).await.2);
            let counted = many.replace("3 sessions ended", "1 session ended");
            assert_eq!(one, counted, "{action:?}: the event");
            let asked = format!(
                "SELECT COUNT(*) FROM curfew_standing_changes WHERE user_id = {} AND event_id = (SELECT MAX(event_id) FROM \
                 curfew_standing_changes)",
                people[3].id
            );
            assert_eq!(count(&house.store, &asked).await, 1, "{action:?}: a receipt is requested");
        }
    })
    .await;
}

/// An account without names and dates, its sessions, and its latest event.
async fn snapshot(house: &House, person: &Person) -> (String, Vec<String>, String) {
    let text = |sql: String| async move { texts(&house.store, &sql).await.into_iter().flatten().collect::<Vec<_>>() };
    let id = person.id;
    let account = text(format!(
        "SELECT is_active || ',' || (force_logout_date >= COALESCE(last_login, date_joined)) || ',' || \
         COALESCE(force_logout_cause, '') || ',' || COALESCE(force_logout_staff_reason, '') || ',' || \
         COALESCE(force_logout_user_reason, '') || ',' || COALESCE(deactivated_staff_reason, '') || ',' || \
         COALESCE(deactivated_user_reason, '') || ',' || (deactivated_until IS NULL) FROM curfew_users WHERE id = {id}"
    ));
    let sessions = text(format!(
        "SELECT COALESCE(ended_by, '') || ',' || COALESCE(reason, '') || ',' || COALESCE(staff_reason, '') || ',' || \
         COALESCE(user_reason, '') || ',' || (ended_at IS NULL) FROM curfew_logins WHERE user_id = {id}"
    ));
    let event = text(format!(
        "SELECT kind || ',' || COALESCE(actor, '') || ',' || COALESCE(actor_id, 0) || ',' || COALESCE(session_id, '') \
         || ',' || COALESCE(reason, '') || ',' || COALESCE(staff_reason, '') || ',' || COALESCE(user_reason, '') || \
         ',' || COALESCE(address, '') || ',' || COALESCE(user_agent, '') || ',' || COALESCE(detail, '') || ',' || \
         (subject = '{}') FROM curfew_events WHERE subject_id = {id} ORDER BY id DESC LIMIT 1",
        person.name
    ));
    (account.await.remove(0), sessions.await, event.await.remove(0))
}

#[rocket::async_test]
async fn skipped_users_are_counted_by_reason_and_left_alone() {
    on_each_engine(async |house: &House| {
        let (vera, root) = (house.person("vera", Role::Staff).await, house.person("root", Role::Superuser).await);
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let for_a_while = Some(house.now().await + TimeDelta::hours(1));
        house.accounts.deactivate(&operator(), &ben.target(), None, &reasons()).await.expect("an act");
        let cora = house.member("cora").await;
        house.accounts.deactivate(&operator(), &cora.target(), for_a_while, &reasons()).await.expect("an act");
        let gone = house.member("gone").await;
        house.accounts.delete_user(&operator(), &gone.target(), &reasons()).await.expect("an act");
        let everyone = [&vera, &root, &ana, &ben, &cora, &gone];
        let (staff, superuser) = (house.acting(&vera).await, house.acting(&root).await);
        let counts = async |actor, action| BulkCounts {
            whom: 0,
            ..preview(&house.accounts, actor, &ids(action, &everyone)).await.counts
        };

        let counted = counts(&staff, BulkAction::ForceLogout).await;
        let expected = BulkCounts { users: 3, out_of_reach: 2, missing: 1, ..BulkCounts::default() };
        assert_eq!(counted, expected);
        let counted = counts(&superuser, BulkAction::ForceLogout).await;
        let expected =
            BulkCounts { users: 5, staff: 2, sessions: 2, includes_actor: true, missing: 1, ..BulkCounts::default() };
        assert_eq!(counted, expected);
        // Temporarily deactivated users are not yet deactivated for good.
        let counted = counts(&superuser, BulkAction::Deactivate).await;
        let expected = BulkCounts {
            users: 3,
            staff: 1,
            sessions: 1,
            own_account: 1,
            already: 1,
            missing: 1,
            ..BulkCounts::default()
        };
        assert_eq!(counted, expected);
        let counted = counts(&staff, BulkAction::Activate).await;
        let expected = BulkCounts { users: 2, already: 1, out_of_reach: 2, missing: 1, ..BulkCounts::default() };
        assert_eq!(counted, expected);

        let (promised, done) = act(house, &superuser, &ids(BulkAction::Deactivate, &everyone)).await;
        assert!(kept(promised, &done), "{done:?}");
        assert_eq!(house.user(&cora).await.deactivated_until, None);
        assert!(house.user(&root).await.is_active_at(house.now().await));
        let (promised, done) = act(house, &superuser, &ids(BulkAction::Deactivate, &everyone)).await;
        assert_eq!((promised.users, promised.already), (0, 4), "a second run finds nothing to do: {done:?}");
    })
    .await;
}

#[rocket::async_test]
async fn selecting_users_beyond_ones_role_is_recorded_as_an_attempt() {
    on_each_engine(async |house: &House| {
        let (vera, root) = (house.person("vera", Role::Staff).await, house.person("root", Role::Superuser).await);
        let (ana, staff) = (house.member("ana").await, house.acting(&vera).await);
        let recorded = "SELECT detail FROM curfew_events WHERE kind = 'refused' AND actor = 'vera'";
        act(house, &staff, &matching(BulkAction::ForceLogout, "")).await;
        act(house, &staff, &ids(BulkAction::ForceLogout, &[&ana])).await;
        assert_eq!(texts(&house.store, recorded).await, []);
        act(house, &staff, &ids(BulkAction::ForceLogout, &[&ana, &root])).await;
        let expected = "bulk force-logout: their role does not allow it for 1 of the users";
        assert_eq!(texts(&house.store, recorded).await, [Some(expected.to_owned())]);
    })
    .await;
}

#[rocket::async_test]
async fn users_in_unusual_states_are_included() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let mut logins: BTreeMap<&str, StartedSession> = BTreeMap::new();
        let mut people = Vec::new();
        for name in ["due", "ahead", "busy", "for-a-while", "plain"] {
            let person = house.member(name).await;
            logins.insert(name, house.log_in(&person).await);
            people.push(person);
        }
        for _ in 0..30 {
            house.log_in(&people[2]).await;
        }
        let soon = house.now().await + TimeDelta::minutes(5);
        house.force_logout(&people[0], ForceLogoutMoment::At(soon)).await;
        let ahead = format!(
            "UPDATE curfew_users SET last_login_date = '2100-01-01T00:00:00+00:00' WHERE id = {}",
            people[1].id
        );
        run(&house.store, &ahead).await;
        house.accounts.deactivate(&staff, &people[3].target(), Some(soon), &reasons()).await.expect("an act");
        house.store.clock().shift(TimeDelta::minutes(5));

        let all: Vec<&Person> = people.iter().collect();
        let (promised, done) = act(house, &staff, &ids(BulkAction::ForceLogout, &all)).await;
        assert!(kept(promised, &done), "{promised:?} {done:?}");
        assert_eq!(
            promised.sessions,
            1 + 31 + 1,
            "two others ended before: by a due force logout and by a deactivation"
        );
        for (name, login) in &logins {
            let verdict = house.verdict(login).await;
            let was = if *name == "for-a-while" { EndReason::Deactivated } else { EndReason::ForcedOut };
            assert_eq!(verdict, Err(was), "{name}");
        }
        assert_eq!(
            house.user(&people[1]).await.force_logout_date.map(|date| date.to_rfc3339()).as_deref(),
            Some("2100-01-01T00:00:00+00:00")
        );
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout'";
        assert_eq!(count(&house.store, recorded).await, 5, "one event per account");
    })
    .await;
}

#[rocket::async_test]
async fn the_acting_user_is_forced_out_last() {
    on_each_engine(async |house: &House| {
        let root = house.person("root", Role::Superuser).await;
        let login = house.log_in(&root).await;
        let actor = root.acting_from(&login);
        // So that one batch has lower ids than the acting user, and one higher.
        let people = [house.member("ana").await, house.member("ben").await];
        for person in &people {
            house.log_in(person).await;
        }
        let (promised, done) = act(house, &actor, &matching(BulkAction::ForceLogout, "")).await;
        assert!(promised.includes_actor && kept(promised, &done), "{promised:?} {done:?}");
        assert_eq!((promised.users, promised.sessions), (3, 3));
        assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut));
    })
    .await;
}

#[rocket::async_test]
async fn the_operator_never_deactivates_the_last_superuser_either() {
    on_each_engine(async |house: &House| {
        for n in 0..3 {
            house.person(&format!("root{n}"), Role::Superuser).await;
        }
        let (_, done) = act(house, &operator(), &matching(BulkAction::Deactivate, "root")).await;
        assert_eq!((done.promised_users, done.users_done), (3, 2), "skipped users are visible in the counts");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_users WHERE is_active").await, 1);
    })
    .await;
}

#[rocket::async_test]
async fn every_batch_completes_and_records_its_events() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        many_logged_in(house, 2_500).await;
        let (promised, done) = act(house, &staff, &matching(BulkAction::ForceLogout, "many")).await;
        assert_eq!((promised.users, promised.sessions), (2_500, 2_500));
        assert!(kept(promised, &done), "{done:?}");
        let live = "SELECT COUNT(*) FROM curfew_logins s JOIN curfew_users u ON u.id = s.user_id
                    WHERE s.ended_at IS NULL AND u.username LIKE 'many%'";
        assert_eq!(count(&house.store, live).await, 0);
        let recorded = "SELECT COUNT(DISTINCT subject_id) FROM curfew_events WHERE kind = 'force-logout'";
        assert_eq!(count(&house.store, recorded).await, 2_500);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout'").await, 2_500);
    })
    .await;
}

#[rocket::async_test]
async fn ended_tokens_are_announced_and_counted_with_the_sessions() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let label = TokenLabel::parse("nightly job").expect("a label");
        for action in [BulkAction::ForceLogout, BulkAction::Deactivate] {
            let name = |n: usize| format!("{}{n}", action.code());
            let mut people = Vec::new();
            for n in 0..3 {
                let person = house.member(&name(n)).await;
                let login_name = LoginName::parse(&person.name).expect("a name");
                let given = (&login_name, &password(PASSWORD));
                for _ in 0..n {
                    house.log_in(&person).await;
                    house.accounts.log_in_for_token(&client(), given, &label).await.expect("a token");
                    house.accounts.log_in_for_family(&client(), given).await.expect("a family");
                }
                people.push(person);
            }
            // Logins that have already ended are not announced.
            let out = house.member(&name(9)).await;
            let given = LoginName::parse(&out.name).expect("a name");
            house.accounts.log_in_for_family(&client(), (&given, &password(PASSWORD))).await.expect("a family");
            house.force_logout(&out, ForceLogoutMoment::At(house.now().await + NEXT)).await;
            house.store.clock().shift(NEXT);
            people.push(out);
            let all: Vec<&Person> = people.iter().collect();
            let (promised, done) = act(house, &staff, &ids(action, &all)).await;
            assert_eq!((promised.users, promised.sessions, promised.tokens), (4, 3, 6), "{action:?}");
            assert!(kept(promised, &done), "{action:?}: {done:?}");
            assert_eq!(
                count(&house.store, "SELECT COUNT(*) FROM curfew_logins WHERE kind <> 'browser' AND ended_at IS NULL")
                    .await,
                0
            );
        }
    })
    .await;
}
