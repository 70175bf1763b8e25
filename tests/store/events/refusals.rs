//! Each refused attempt records one event and changes nothing else.

use std::num::NonZeroU32;

use curfew::{
    accounts::{Accounts, AccountsError, Actor, ForceLogoutMoment, Result},
    domain::{
        people::role::Role,
        rate::Rate,
        reason_text::{ReasonText, Reasons},
    },
    settings::{Settings, WhenFull},
    store::events::list_newest_events,
};

use crate::{
    house::{
        House, NEW_PASSWORD, PASSWORD, Person, client, credentials, email, new_password, on_each_engine, operator,
        password, registration,
    },
    raw::{count, dump_without_events},
};

const EVENTS: &str = "SELECT COUNT(*) FROM curfew_events";

/// Staff, a superuser and a member, all logged in.
struct People {
    sam: (Person, Actor),
    root: (Person, Actor),
    ana: (Person, Actor),
}

impl People {
    async fn of(house: &House) -> Self {
        let person = async |name, role| {
            let person = house.person(name, role).await;
            let acting = house.acting(&person).await;
            (person, acting)
        };
        Self {
            sam: person("sam", Role::Staff).await,
            root: person("root", Role::Superuser).await,
            ana: person("ana", Role::Member).await,
        }
    }
}

/// Tries something. It must be refused, record one event with this detail, and leave no other trace.
async fn must_be_refused_and_recorded<T>(
    house: &House,
    (kind, actor, subject, detail): (&str, Option<&str>, Option<&str>, &str),
    attempt: impl AsyncFn() -> Result<T>,
) {
    let others = dump_without_events(&house.store).await;
    let events = count(&house.store, EVENTS).await;
    let refused = attempt().await;
    assert!(refused.is_err(), "{detail}");
    assert!(!matches!(refused, Err(AccountsError::Store(_))), "{detail}");
    assert_eq!(dump_without_events(&house.store).await, others, "{detail}");
    assert_eq!(count(&house.store, EVENTS).await, events + 1, "{detail}");
    let mut on = house.store.read().await.expect("a connection");
    let event = list_newest_events(&mut on, 1).await.expect("an answer").remove(0);
    let words = event.detail.unwrap_or_default();
    let of_event = (event.kind.as_str(), event.actor.as_deref(), event.subject.as_deref());
    assert_eq!(of_event, (kind, actor, subject), "{words}");
    let is_said = if detail.ends_with(' ') { words.starts_with(detail) } else { words == detail };
    assert!(is_said, "{words:?} is not {detail:?}");
    assert_eq!(event.address.is_some(), actor != Some("root (command line)"), "{words}");
}

fn refused<'a>(
    actor: &'a str,
    subject: Option<&'a str>,
    detail: &'a str,
) -> (&'a str, Option<&'a str>, Option<&'a str>, &'a str) {
    ("refused", Some(actor), subject, detail)
}

#[rocket::async_test]
async fn actions_beyond_a_staff_role_are_recorded() {
    on_each_engine(async |house: &House| {
        let People { sam: (_, sam), root: (root, _), ana: (ana, member) } = &People::of(house).await;
        let (accounts, none, why) = (&house.accounts, Reasons::default(), "their role does not allow it");
        let (on_root, on_ana) = (root.target(), ana.target());
        let detail = |act: &str| format!("{act}: {why}");
        let now = ForceLogoutMoment::Now;
        let words = detail("force logout");
        must_be_refused_and_recorded(house, refused("sam", Some("root"), &words), async || {
            accounts.force_logout(sam, &on_root, now, &none).await
        })
        .await;
        let words = detail("cancelling a force logout");
        must_be_refused_and_recorded(house, refused("sam", Some("root"), &words), async || {
            accounts.cancel_force_logout(sam, &on_root).await
        })
        .await;
        let words = detail("deactivation");
        must_be_refused_and_recorded(house, refused("sam", Some("root"), &words), async || {
            accounts.deactivate(sam, &on_root, None, &none).await
        })
        .await;
        let words = detail("activation");
        must_be_refused_and_recorded(house, refused("sam", Some("root"), &words), async || {
            accounts.activate(sam, &on_root, &none).await
        })
        .await;
        let words = detail("change of role");
        must_be_refused_and_recorded(house, refused("sam", Some("ana"), &words), async || {
            accounts.set_role(sam, &on_ana, Role::Superuser).await
        })
        .await;
        let words = detail("deletion");
        must_be_refused_and_recorded(house, refused("sam", Some("ana"), &words), async || {
            accounts.delete_user(sam, &on_ana, &none).await
        })
        .await;
        let words = detail("force logout of everyone");
        must_be_refused_and_recorded(house, refused("sam", None, &words), async || {
            accounts.force_everyone_out(sam, now, &none).await
        })
        .await;
        let words = detail("cancelling the force logout of everyone");
        must_be_refused_and_recorded(house, refused("ana", None, &words), async || {
            accounts.cancel_everyone_out(member).await
        })
        .await;
        let session = &house.log_in(root).await.id;
        let words = detail("end of a session");
        let end = async || accounts.end_session_of(sam, root.id, session, ReasonText::default()).await;
        must_be_refused_and_recorded(house, refused("sam", Some("root"), &words), end).await;
    })
    .await;
}

#[rocket::async_test]
async fn attempts_to_lock_out_everyone_or_oneself_are_recorded() {
    on_each_engine(async |house: &House| {
        let People { root: (root, acting), .. } = &People::of(house).await;
        let (accounts, none, by_hand) = (&house.accounts, Reasons::default(), operator());
        let on_root = root.target();
        let own = refused("root", Some("root"), "deactivation: it is their own account");
        must_be_refused_and_recorded(house, own, async || accounts.deactivate(acting, &on_root, None, &none).await)
            .await;
        let name = "root (command line)";
        let last = refused(name, Some("root"), "deactivation: it is the last superuser");
        must_be_refused_and_recorded(house, last, async || accounts.deactivate(&by_hand, &on_root, None, &none).await)
            .await;
        let last = refused(name, Some("root"), "deletion: it is the last superuser");
        must_be_refused_and_recorded(house, last, async || accounts.delete_user(&by_hand, &on_root, &none).await).await;
        let last = refused(name, Some("root"), "change of role: it is the last superuser");
        must_be_refused_and_recorded(house, last, async || accounts.set_role(&by_hand, &on_root, Role::Staff).await)
            .await;
    })
    .await;
}

/// With a limit of one failure.
fn strict(house: &House) -> Accounts {
    let once = Rate { count: 1, ..Settings::default().throttle_login };
    house.accounts_with(|settings| settings.throttle_login = once)
}

#[rocket::async_test]
async fn a_wrong_password_on_a_form_and_the_throttling_after_it_are_recorded() {
    on_each_engine(async |house: &House| {
        let People { ana: (_, ana), .. } = &People::of(house).await;
        let (wrong, new) = (password(NEW_PASSWORD), new_password(NEW_PASSWORD));
        let expected = refused("ana", Some("ana"), "wrong password on a form");
        let accounts = &house.accounts;
        must_be_refused_and_recorded(house, expected, async || {
            accounts.change_email(ana, &wrong, &email("new@example.org")).await
        })
        .await;
        must_be_refused_and_recorded(house, expected, async || {
            accounts.change_password(ana, &wrong, &new, false).await
        })
        .await;
        let accounts = strict(house);
        must_be_refused_and_recorded(house, expected, async || accounts.end_other_logins(ana, &wrong, false).await)
            .await;
        let throttled = ("throttled", Some("ana"), Some("ana"), "for ");
        must_be_refused_and_recorded(house, throttled, async || accounts.end_other_logins(ana, &wrong, false).await)
            .await;
    })
    .await;
}

#[rocket::async_test]
async fn a_refused_login_is_recorded() {
    on_each_engine(async |house: &House| {
        let People { ana: (ana, _), .. } = &People::of(house).await;
        let log_in = async |accounts: &Accounts, name: &str, text: &str| {
            accounts.log_in(&client(), &credentials(name, text)).await
        };
        let failed = |subject, detail| ("login-failed", None, subject, detail);
        must_be_refused_and_recorded(house, failed(Some("ana"), ""), async || {
            log_in(&house.accounts, "ana", NEW_PASSWORD).await
        })
        .await;
        must_be_refused_and_recorded(house, failed(None, "no such name"), async || {
            log_in(&house.accounts, "nobody", PASSWORD).await
        })
        .await;
        let full = house.accounts_with(|settings| {
            (settings.max_sessions, settings.when_full) = (NonZeroU32::new(1), WhenFull::RefuseNew);
        });
        let words = "the account is full; live sessions: 1, allowed: 1";
        must_be_refused_and_recorded(house, failed(Some("ana"), words), async || log_in(&full, "ana", PASSWORD).await)
            .await;
        let strict = strict(house);
        must_be_refused_and_recorded(house, failed(Some("ana"), ""), async || {
            log_in(&strict, "ana", NEW_PASSWORD).await
        })
        .await;
        let throttled = ("throttled", None, Some("ana"), "for ");
        must_be_refused_and_recorded(house, throttled, async || log_in(&strict, "ana", PASSWORD).await).await;
        house.accounts.deactivate(&operator(), &ana.target(), None, &Reasons::default()).await.expect("a deactivation");
        let words = "the account is deactivated";
        must_be_refused_and_recorded(house, failed(Some("ana"), words), async || {
            log_in(&house.accounts, "ana", PASSWORD).await
        })
        .await;
    })
    .await;
}

#[rocket::async_test]
async fn a_wrong_setup_code_and_throttled_registrations_are_recorded() {
    on_each_engine(async |house: &House| {
        let code = house.accounts.renew_setup_code().await.expect("an answer").expect("a code");
        let accounts = strict(house);
        let expected = ("refused", None, None, "setup: a wrong code");
        must_be_refused_and_recorded(house, expected, async || {
            accounts.set_up(&client(), "wrong", &registration("ben")).await
        })
        .await;
        let expected = ("throttled", None, None, "setup; for ");
        must_be_refused_and_recorded(house, expected, async || {
            accounts.set_up(&client(), &code, &registration("ben")).await
        })
        .await;
        for number in 0..10 {
            accounts.register(&client(), &registration(&format!("eva{number}"))).await.expect("an account");
        }
        let expected = ("throttled", None, None, "registration; for ");
        must_be_refused_and_recorded(house, expected, async || {
            accounts.register(&client(), &registration("fay")).await
        })
        .await;
    })
    .await;
}
