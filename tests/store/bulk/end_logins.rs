//! Bulk actions on chosen logins: which end, and what stays.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use curfew::{
    accounts::{AccountsError, Actor, BeginBulk, Begun, BulkRun, Client, PreviewedLogins, StartedSession},
    domain::{
        chosen_logins::{LoginsChoice, LoginsScope},
        lists::{
            logins_filter::{LoginsFields, LoginsFilter},
            users_query::PageNumber,
        },
        logins::{public_id::PublicId, token::TokenLabel},
        people::{login_name::LoginName, role::Role},
        reason::EndReason,
        reason_text::ReasonText,
    },
    store::bulk::records::BulkRecord,
};

use crate::{
    bulk::actions::{NEXT, many_logged_in, progress},
    house::{House, PASSWORD, Person, credentials, on_each_engine, operator, password, reasons, run_concurrently},
    raw::{count, run, texts},
};

const HOSTILE: &str = "203.0.113.7";
const ENDED: &str = "SELECT COUNT(*) FROM curfew_logins WHERE ended_at IS NOT NULL";

fn ids(logins: &[&StartedSession]) -> LoginsChoice {
    LoginsChoice::new(LoginsScope::Ids(logins.iter().map(|login| login.id.clone()).collect()), true)
}

fn matching(fields: LoginsFields<'_>) -> LoginsChoice {
    LoginsChoice::new(LoginsScope::Matching(LoginsFilter::parse(&fields).expect("a filter")), true)
}

fn of_network(address: &str) -> LoginsChoice {
    matching(LoginsFields { address, ..LoginsFields::default() })
}

async fn log_in_from(house: &House, person: &Person, address: &str) -> StartedSession {
    let client = Client::new(address.to_owned(), "a browser of the tests");
    house.accounts.log_in(&client, &credentials(&person.name, PASSWORD)).await.expect("a login")
}

async fn preview(house: &House, actor: &Actor, choice: LoginsChoice) -> PreviewedLogins {
    house.accounts.preview_end_of_logins(actor, actor.role, choice).await.expect("a preview")
}

fn begin(previewed: PreviewedLogins) -> BeginBulk<LoginsChoice> {
    let id = PublicId::from_random(rand::random());
    BeginBulk { id, choice: previewed.choice, reasons: reasons(), promised: previewed.counts }
}

async fn begun(house: &House, actor: &Actor, confirmed: BeginBulk<LoginsChoice>) -> Box<BulkRun> {
    match house.accounts.begin_end_of_logins(actor, confirmed).await.expect("an answer") {
        Begun::Run(run) => run,
        other => panic!("the bulk action does not begin: {other:?}"),
    }
}

/// Runs a confirmed action, and returns its record.
async fn act(house: &House, actor: &Actor, confirmed: BeginBulk<LoginsChoice>) -> BulkRecord {
    let id = confirmed.id.clone();
    begun(house, actor, confirmed).await.run().await.expect("the bulk action finishes");
    progress(house, &id).await
}

#[rocket::async_test]
async fn the_chosen_logins_end_and_the_others_continue() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let (first, second, other) = (house.log_in(&ana).await, house.log_in(&ana).await, house.log_in(&ana).await);
        let of_ben = house.log_in(&ben).await;
        let previewed = preview(house, &staff, ids(&[&first, &second, &of_ben])).await;
        assert_eq!((previewed.counts.users, previewed.counts.sessions, previewed.counts.skipped()), (2, 3, 0));
        let listed: BTreeSet<&str> = previewed.logins.iter().map(|login| login.listed.row.id.as_str()).collect();
        assert_eq!(listed, [&first, &second, &of_ben].map(|login| login.id.as_str()).into());
        assert_eq!(count(&house.store, ENDED).await, 0, "a preview ends nothing");

        let confirmed = begin(previewed);
        let (id, again) = (confirmed.id.clone(), confirmed.clone());
        let done = act(house, &staff, confirmed).await;
        assert_eq!((done.users_done, done.sessions_ended, done.tokens_ended, done.skipped), (2, 3, 0, 0));
        assert!(done.ended_at.is_some() && done.failure.is_none(), "{done:?}");
        for login in [&first, &second, &of_ben] {
            assert_eq!(house.verdict(login).await, Err(EndReason::ForcedOut));
        }
        assert_eq!(house.verdict(&other).await, Ok(()));
        assert_eq!(house.user(&ana).await.force_logout_date, None, "the account's date does not move");
        let rows = "SELECT DISTINCT ended_by || ',' || reason || ',' || staff_reason || ',' || user_reason
                    FROM curfew_logins WHERE ended_at IS NOT NULL";
        let (for_staff, for_user) = (reasons().for_staff, reasons().for_user);
        let expected =
            format!("vera,forced-out,{},{}", for_staff.as_deref().expect("one"), for_user.as_deref().expect("one"));
        assert_eq!(texts(&house.store, rows).await, [Some(expected)]);

        // One event of the whole, and one of each user, which is part of it.
        let events = format!(
            "SELECT kind || ',' || COALESCE(subject, '') || ',' || detail || ',' || reason FROM curfew_events
             WHERE bulk_id = '{}' AND actor = 'vera' ORDER BY kind, subject",
            id.as_str()
        );
        let expected = [
            "bulk-action,,end logins for 2 users,forced-out",
            "session-ended,ana,2 sessions ended,forced-out",
            "session-ended,ben,1 session ended,forced-out",
        ];
        assert_eq!(texts(&house.store, &events).await, expected.map(|event| Some(event.to_owned())));
        let (users, _) = house.accounts.list_bulk_users(&id, PageNumber::default()).await.expect("the users");
        assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [ana.id, ben.id]);
        let asked =
            "SELECT COUNT(*) FROM curfew_standing_changes c JOIN curfew_bulk_actions b ON b.event_id = c.event_id";
        assert_eq!(count(&house.store, asked).await, 1, "a receipt of the whole");
        let changed = "SELECT COUNT(DISTINCT user_id) FROM curfew_standing_changes WHERE event_id IS NOT NULL";
        assert_eq!(count(&house.store, changed).await, 2, "every node forgets both");

        let again = house.accounts.begin_end_of_logins(&staff, again).await.expect("an answer");
        assert!(matches!(again, Begun::Already), "a second click: {again:?}");
    })
    .await;
}

#[rocket::async_test]
async fn all_that_match_end_sessions_and_tokens_alike() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let (out, stays) = (log_in_from(house, &ana, HOSTILE).await, log_in_from(house, &ana, "192.0.2.1").await);
        let gone = log_in_from(house, &ben, HOSTILE).await;
        house.accounts.end_session_of(&operator(), ben.id, &gone.id, ReasonText::default()).await.expect("an end");
        let hostile = Client::new(HOSTILE.to_owned(), "curl/8.11.0");
        let (name, label) = (LoginName::parse("ben").expect("a name"), TokenLabel::parse("stolen").expect("a label"));
        house.accounts.log_in_for_token(&hostile, (&name, &password(PASSWORD)), &label).await.expect("a token");
        house.accounts.log_in_for_family(&hostile, (&name, &password(PASSWORD))).await.expect("a family");
        for (choice, sessions, tokens) in [
            (of_network("203.0.113.0/24"), 1, 2),
            (matching(LoginsFields { browser: "curl", state: "all", ..LoginsFields::default() }), 0, 2),
            (matching(LoginsFields { q: "ben", kind: "token", ..LoginsFields::default() }), 0, 2),
            (matching(LoginsFields { address: HOSTILE, kind: "session", ..LoginsFields::default() }), 1, 0),
        ] {
            let counts = preview(house, &operator(), choice.clone()).await.counts;
            assert_eq!((counts.sessions, counts.tokens, counts.skipped()), (sessions, tokens, 0), "{choice:?}");
        }
        let done =
            act(house, &operator(), begin(preview(house, &operator(), of_network("203.0.113.0/24")).await)).await;
        assert_eq!((done.users_done, done.sessions_ended, done.tokens_ended), (2, 1, 2));
        assert_eq!(house.verdict(&out).await, Err(EndReason::ForcedOut));
        assert_eq!(house.verdict(&stays).await, Ok(()));
        let of_tokens = "SELECT detail FROM curfew_events WHERE kind = 'token-ended' AND subject = 'ben'";
        assert_eq!(texts(&house.store, of_tokens).await, [Some("2 tokens ended".to_owned())]);
        let nothing = preview(house, &operator(), of_network("203.0.113.0/24")).await.counts;
        assert_eq!((nothing.users, nothing.sessions, nothing.tokens), (0, 0, 0));
    })
    .await;
}

#[rocket::async_test]
async fn logins_out_of_reach_are_counted_and_never_end() {
    on_each_engine(async |house: &House| {
        let vera = house.person("vera", Role::Staff).await;
        let staff = house.acting(&vera).await;
        let (ana, rita) = (house.member("ana").await, house.person("rita", Role::Staff).await);
        let root = house.person("root", Role::Superuser).await;
        let (of_ana, of_rita, of_root) =
            (house.log_in(&ana).await, house.log_in(&rita).await, house.log_in(&root).await);
        let refused = "SELECT detail FROM curfew_events WHERE kind = 'refused'";
        let all = matching(LoginsFields::default());
        let previewed = preview(house, &staff, all.clone()).await;
        let counts = previewed.counts;
        assert_eq!((counts.sessions, counts.out_of_reach, counts.staff), (1, 3, 0));
        assert!(!counts.includes_actor, "staff do not reach their own login either");
        act(house, &staff, begin(previewed)).await;
        assert_eq!(count(&house.store, ENDED).await, 1);
        assert_eq!(texts(&house.store, refused).await, [], "a filter targets nobody out of reach");

        let (again, choice) = (house.log_in(&ana).await, |login: &StartedSession| ids(&[login, &of_rita, &of_root]));
        act(house, &staff, begin(preview(house, &staff, choice(&again)).await)).await;
        assert_eq!(house.verdict(&again).await, Err(EndReason::ForcedOut));
        for login in [&of_rita, &of_root] {
            assert_eq!(house.verdict(login).await, Ok(()));
        }
        let words = "bulk end-logins: their role does not allow it for 2 of the logins";
        assert_eq!(texts(&house.store, refused).await, [Some(words.to_owned())], "they were marked by hand");

        // For a superuser they count, with a warning.
        let superuser = root.acting_from(&of_root);
        let previewed = preview(house, &superuser, ids(&[&of_ana, &again, &of_rita])).await;
        assert_eq!((previewed.counts.sessions, previewed.counts.staff, previewed.counts.already), (1, 1, 2));
        assert_eq!(previewed.staff.iter().map(|user| user.id).collect::<Vec<_>>(), [rita.id]);
        act(house, &superuser, begin(previewed)).await;
        assert_eq!(house.verdict(&of_rita).await, Err(EndReason::ForcedOut));

        let member = ana.acting_from(&house.log_in(&ana).await);
        let stays = preview(house, &superuser, ids(&[&of_root])).await;
        let begun = house.accounts.begin_end_of_logins(&member, begin(stays)).await;
        assert!(matches!(begun, Err(AccountsError::Forbidden)), "{begun:?}");
    })
    .await;
}

#[rocket::async_test]
async fn a_login_made_after_the_promise_continues_and_one_that_ended_does_not_matter() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let (first, second) = (log_in_from(house, &ana, HOSTILE).await, log_in_from(house, &ben, HOSTILE).await);
        let confirmed = begin(preview(house, &staff, of_network(HOSTILE)).await);
        house.store.clock().shift(NEXT);
        let later = log_in_from(house, &ana, HOSTILE).await;
        house.accounts.log_out(&ben.acting_from(&second)).await.expect("a logout");
        let done = act(house, &staff, confirmed).await;
        assert_eq!((done.promised_sessions, done.sessions_ended, done.users_done), (2, 1, 1));
        assert_eq!(house.verdict(&first).await, Err(EndReason::ForcedOut));
        assert_eq!(house.verdict(&second).await, Err(EndReason::LoggedOut));
        assert_eq!(house.verdict(&later).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn more_or_other_logins_than_promised_are_a_change() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let (ana, rita) = (house.member("ana").await, house.person("rita", Role::Staff).await);
        let (of_ana, _) = (log_in_from(house, &ana, HOSTILE).await, log_in_from(house, &rita, HOSTILE).await);
        let confirmed = begin(preview(house, &staff, of_network(HOSTILE)).await);
        let by_name = LoginsFields { q: "an", ..LoginsFields::default() };
        let of_a_name = begin(preview(house, &staff, matching(by_name)).await);

        // A colleague comes into reach.
        run(&house.store, &format!("UPDATE curfew_users SET is_staff = FALSE WHERE id = {}", rita.id)).await;
        let events = count(&house.store, "SELECT COUNT(*) FROM curfew_events").await;
        match house.accounts.begin_end_of_logins(&staff, confirmed).await.expect("an answer") {
            Begun::Changed(now) => assert_eq!((now.counts.sessions, now.counts.out_of_reach), (2, 0)),
            other => panic!("{other:?}"),
        }
        // A user gets a name that matches, and the one who had it logs out.
        let renamed =
            format!("UPDATE curfew_users SET username = 'anita', username_key = 'anita' WHERE id = {}", rita.id);
        run(&house.store, &renamed).await;
        house.accounts.log_out(&ana.acting_from(&of_ana)).await.expect("a logout");
        let begun = house.accounts.begin_end_of_logins(&staff, of_a_name).await.expect("an answer");
        assert!(matches!(begun, Begun::Changed(_)), "{begun:?}");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events").await, events + 1, "only the logout");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_bulk_actions").await, 0);
    })
    .await;
}

#[rocket::async_test]
async fn who_came_out_of_reach_meanwhile_keeps_their_login() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let (of_ana, of_ben) = (house.log_in(&ana).await, house.log_in(&ben).await);
        let confirmed = begin(preview(house, &staff, ids(&[&of_ana, &of_ben])).await);
        let id = confirmed.id.clone();
        let doing = begun(house, &staff, confirmed).await;
        run(&house.store, &format!("UPDATE curfew_users SET is_staff = TRUE WHERE id = {}", ana.id)).await;
        doing.run().await.expect("the bulk action finishes");
        assert_eq!(progress(house, &id).await.sessions_ended, 1);
        assert_eq!(house.verdict(&of_ana).await, Ok(()));
        assert_eq!(house.verdict(&of_ben).await, Err(EndReason::ForcedOut));
    })
    .await;
}

#[rocket::async_test]
async fn every_batch_completes_and_a_user_with_many_logins_counts_once() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        many_logged_in(house, 1_500).await;
        let copies = "
            INSERT INTO curfew_logins (id, user_id, kind, secret_hash, login_date, opened_at, last_seen, address, user_agent)
            SELECT 'more' || l.id, u.id, l.kind, l.secret_hash, l.login_date, l.opened_at, l.last_seen, l.address, l.user_agent
            FROM curfew_logins l CROSS JOIN curfew_users u WHERE u.username = 'many7' AND l.id LIKE 'of%' AND length(l.id) < 16";
        run(&house.store, copies).await;
        let choice = matching(LoginsFields { q: "many", ..LoginsFields::default() });
        let previewed = preview(house, &staff, choice).await;
        assert_eq!((previewed.counts.users, previewed.counts.sessions, previewed.logins.len()), (1_500, 3_000, 50));
        let done = act(house, &staff, begin(previewed)).await;
        assert_eq!((done.users_done, done.sessions_ended), (1_500, 3_000));
        let live = "SELECT COUNT(*) FROM curfew_logins s JOIN curfew_users u ON u.id = s.user_id
                    WHERE s.ended_at IS NULL AND u.username LIKE 'many%'";
        assert_eq!(count(&house.store, live).await, 0);
        let recorded = "SELECT COUNT(DISTINCT subject_id) FROM curfew_events WHERE kind = 'session-ended'";
        assert_eq!(count(&house.store, recorded).await, 1_500);
    })
    .await;
}

#[rocket::async_test]
async fn the_acting_users_own_login_ends_last_unless_they_keep_it() {
    on_each_engine(async |house: &House| {
        let (ana, root) = (house.member("ana").await, house.person("root", Role::Superuser).await);
        for keeps_own_login in [true, false] {
            let (of_ana, mine) = (house.log_in(&ana).await, house.log_in(&root).await);
            let actor = root.acting_from(&mine);
            let choice = LoginsChoice { keeps_own_login, ..ids(&[&mine, &of_ana]) };
            let previewed = preview(house, &actor, choice).await;
            assert!(previewed.counts.includes_actor);
            assert_eq!((previewed.counts.users, previewed.counts.sessions), (1, 1), "the others");
            let done = act(house, &actor, begin(previewed)).await;
            let ended = if keeps_own_login { (1, 1, 1) } else { (2, 2, 0) };
            assert_eq!((done.users_done, done.sessions_ended, done.skipped), ended);
            assert_eq!((done.promised_users, done.promised_sessions), (done.users_done, done.sessions_ended));
            assert_eq!(house.verdict(&of_ana).await, Err(EndReason::ForcedOut));
            assert_eq!(house.verdict(&mine).await.is_ok(), keeps_own_login);
        }
    })
    .await;
}

#[rocket::async_test]
async fn the_action_stops_when_the_acting_users_login_ends() {
    on_each_engine(async |house: &House| {
        let vera = house.person("vera", Role::Staff).await;
        let staff = house.acting(&vera).await;
        let of_ana = house.log_in(&house.member("ana").await).await;
        let confirmed = begin(preview(house, &staff, ids(&[&of_ana])).await);
        let id = confirmed.id.clone();
        let doing = begun(house, &staff, confirmed).await;
        house.store.clock().shift(NEXT);
        house.force_out(&vera).await;
        let stopped = doing.run().await;
        assert!(matches!(stopped, Err(AccountsError::Ended { .. })), "{stopped:?}");
        let stopped = progress(house, &id).await;
        assert!(stopped.ended_at.is_some() && stopped.failure.is_some() && stopped.users_done == 0, "{stopped:?}");
        assert_eq!(house.verdict(&of_ana).await, Ok(()));
    })
    .await;
}

/// Two actions on the same logins, and an action on their users, lock the accounts in the same order.
#[rocket::async_test]
async fn concurrent_actions_on_the_same_logins_do_not_deadlock() {
    on_each_engine(async |house: &House| {
        many_logged_in(house, 600).await;
        let mut runs = Vec::new();
        for name in ["vera", "rita"] {
            let staff = house.acting(&house.person(name, Role::Staff).await).await;
            let choice = matching(LoginsFields { q: "many", ..LoginsFields::default() });
            let confirmed = begin(preview(house, &staff, choice).await);
            let run = begun(house, &staff, confirmed).await;
            runs.push(async move { run.run().await });
        }
        for outcome in run_concurrently(runs).await {
            outcome.expect("the bulk action finishes");
        }
        let ended = "SELECT COALESCE(SUM(sessions_ended), 0) FROM curfew_bulk_actions";
        assert_eq!(count(&house.store, ended).await, 600, "each login ends once");
    })
    .await;
}

#[rocket::async_test]
async fn the_people_of_logins_become_a_list() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let (first, _) = (log_in_from(house, &ana, HOSTILE).await, log_in_from(house, &ana, HOSTILE).await);
        let of_ben = log_in_from(house, &ben, HOSTILE).await;
        house.accounts.log_out(&ben.acting_from(&of_ben)).await.expect("a logout");
        house.member("gone").await;
        let people = async |choice: LoginsChoice| {
            let list = house.accounts.store_people_of_logins(&staff, &choice.scope).await.expect("an answer");
            let list = list.expect("a list");
            let (users, _) = house.accounts.list_bulk_users(&list, PageNumber::default()).await.expect("the users");
            users.into_iter().map(|user| user.username).collect::<Vec<_>>()
        };
        assert_eq!(people(of_network(HOSTILE)).await, ["ana"]);
        let all = LoginsFields { address: HOSTILE, state: "all", ..LoginsFields::default() };
        assert_eq!(people(matching(all)).await, ["ana", "ben"], "also of the ended ones that the list shows");
        assert_eq!(people(ids(&[&first, &of_ben])).await, ["ana", "ben"]);
        assert_eq!(people(of_network("198.51.100.1")).await, [""; 0]);
        house.store.clock().shift(TimeDelta::seconds(1));
        let member = ana.acting_from(&house.log_in(&ana).await);
        let refused = house.accounts.store_people_of_logins(&member, &of_network(HOSTILE).scope).await;
        assert!(matches!(refused, Err(AccountsError::Forbidden)), "{refused:?}");
    })
    .await;
}

/// A search for either kind of event finds what ended.
#[rocket::async_test]
async fn a_user_who_loses_sessions_and_tokens_has_an_event_of_each() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        let ana = house.member("ana").await;
        house.log_in(&ana).await;
        let label = TokenLabel::parse("backup").expect("a label");
        house
            .accounts
            .create_token(&operator(), &ana.target(), &label, Duration::from_hours(1))
            .await
            .expect("a token");
        let previewed = preview(house, &staff, matching(LoginsFields { q: "ana", ..LoginsFields::default() })).await;
        let done = act(house, &staff, begin(previewed)).await;
        assert_eq!((done.users_done, done.sessions_ended, done.tokens_ended), (1, 1, 1));
        let events = "SELECT kind || ',' || detail FROM curfew_events WHERE subject = 'ana' AND reason = 'forced-out'
                      ORDER BY kind";
        let expected = ["session-ended,1 session ended", "token-ended,1 token ended"];
        assert_eq!(texts(&house.store, events).await, expected.map(|text| Some(text.to_owned())));
    })
    .await;
}
