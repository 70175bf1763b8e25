//! An act whose actor's login ended meanwhile comes too late.

use chrono::TimeDelta;
use curfew::{
    accounts::{Accounts, AccountsError, Actor, ForceLogoutMoment, Result, Target},
    domain::{people::role::Role, reason::EndReason},
};

use crate::{
    house::{House, NEW_PASSWORD, Person, new_password, on_each_engine, operator, reasons, registration},
    raw::{count, dump, dump_without_events},
};

/// Everything a superuser can do to others.
#[derive(Debug, Clone, Copy)]
enum Act {
    ForceLogout,
    Schedule,
    Cancel,
    Deactivate,
    Activate,
    Promote,
    SetPassword,
    Delete,
    Create,
    EveryoneOut,
    CancelEveryone,
}

const ACTS: [Act; 11] = [
    Act::ForceLogout,
    Act::Schedule,
    Act::Cancel,
    Act::Deactivate,
    Act::Activate,
    Act::Promote,
    Act::SetPassword,
    Act::Delete,
    Act::Create,
    Act::EveryoneOut,
    Act::CancelEveryone,
];

/// How the actor's login ended meanwhile.
#[derive(Debug, Clone, Copy)]
enum End {
    ForcedOut,
    EveryoneOut,
    Deactivated,
    Demoted,
    Deleted,
    LoggedOut,
    PasswordChanged,
    Expired,
}

/// Expiry comes first: advancing the clock later would make the scheduled one due.
const ENDS: [(End, EndReason); 8] = [
    (End::Expired, EndReason::Expired),
    (End::ForcedOut, EndReason::ForcedOut),
    (End::EveryoneOut, EndReason::EveryoneOut),
    (End::Deactivated, EndReason::Deactivated),
    (End::Demoted, EndReason::RoleChanged),
    (End::Deleted, EndReason::Deleted),
    (End::LoggedOut, EndReason::LoggedOut),
    (End::PasswordChanged, EndReason::PasswordChanged),
];

impl Act {
    async fn is_done(self, accounts: &Accounts, actor: &Actor, target: &Target, at: ForceLogoutMoment) -> Result<()> {
        let (now, why) = (ForceLogoutMoment::Now, reasons());
        match self {
            Self::ForceLogout => accounts.force_logout(actor, target, now, &why).await.map(drop),
            Self::Schedule => accounts.force_logout(actor, target, at, &why).await.map(drop),
            Self::Cancel => accounts.cancel_force_logout(actor, target).await,
            Self::Deactivate => accounts.deactivate(actor, target, None, &why).await.map(drop),
            Self::Activate => accounts.activate(actor, target, &why).await.map(drop),
            Self::Promote => accounts.set_role(actor, target, Role::Superuser).await.map(drop),
            Self::SetPassword => accounts.set_password(actor, target, &new_password(NEW_PASSWORD)).await.map(drop),
            Self::Delete => accounts.delete_user(actor, target, &why).await.map(drop),
            Self::Create => accounts.create_user(actor, &registration("new"), Role::Superuser).await.map(drop),
            Self::EveryoneOut => accounts.force_everyone_out(actor, now, &why).await.map(drop),
            Self::CancelEveryone => accounts.cancel_everyone_out(actor).await,
        }
    }
}

impl End {
    async fn comes(self, house: &House, person: &Person, actor: &Actor) {
        let (accounts, root, target) = (&house.accounts, operator(), person.target());
        match self {
            Self::ForcedOut => drop(house.force_out(person).await),
            Self::EveryoneOut => drop(house.everyone_out(ForceLogoutMoment::Now).await),
            Self::Deactivated => {
                accounts.deactivate(&root, &target, None, &reasons()).await.expect("a deactivation");
            }
            Self::Demoted => drop(accounts.set_role(&root, &target, Role::Member).await.expect("a role change")),
            Self::Deleted => drop(accounts.delete_user(&root, &target, &reasons()).await.expect("a deletion")),
            Self::LoggedOut => accounts.log_out(actor).await.expect("a logout"),
            Self::PasswordChanged => {
                accounts.set_password(&root, &target, &new_password(NEW_PASSWORD)).await.expect("a new password");
            }
            Self::Expired => house.store.clock().shift(TimeDelta::hours(13)),
        }
    }
}

#[rocket::async_test]
async fn an_action_does_nothing_if_the_actors_login_ended_meanwhile() {
    on_each_engine(async |house: &House| {
        house.person("keeper", Role::Superuser).await;
        for (round, (end, reason)) in ENDS.into_iter().enumerate() {
            let sam = house.person(&format!("sam{round}"), Role::Superuser).await;
            let ana = house.member(&format!("ana{round}")).await;
            let actor = house.acting(&sam).await;
            end.comes(house, &sam, &actor).await;
            let at = ForceLogoutMoment::At(house.now().await + TimeDelta::hours(1));
            house.log_in(&ana).await;
            house.force_logout(&ana, at).await;
            house.everyone_out(at).await;
            let before = dump(&house.store).await;
            for act in ACTS {
                let refused = act.is_done(&house.accounts, &actor, &ana.target(), at).await;
                let is_refused =
                    matches!(&refused, Err(AccountsError::Ended { reason: shown, .. }) if *shown == reason);
                assert!(is_refused, "{end:?}, {act:?}: {refused:?}");
                assert_eq!(dump(&house.store).await, before, "{end:?}, {act:?}");
            }
        }
    })
    .await;
}

/// The actor is still a superuser according to the guard. Staff keep their login when they are promoted, so the role is
/// changed with SQL.
#[rocket::async_test]
async fn an_action_is_authorized_by_the_current_role() {
    on_each_engine(async |house: &House| {
        let (sam, ana) = (house.person("sam", Role::Superuser).await, house.member("ana").await);
        let actor = house.acting(&sam).await;
        let demotion = format!("UPDATE curfew_users SET is_superuser = FALSE, is_staff = FALSE WHERE id = {}", sam.id);
        crate::raw::run(&house.store, &demotion).await;
        let at = ForceLogoutMoment::At(house.now().await + TimeDelta::hours(1));
        let before = dump_without_events(&house.store).await;
        for act in ACTS {
            let refused = act.is_done(&house.accounts, &actor, &ana.target(), at).await;
            assert!(matches!(refused, Err(AccountsError::Forbidden)), "{act:?}: {refused:?}");
        }
        assert_eq!(dump_without_events(&house.store).await, before);
        house.accounts.write_all_counted_acts().await.expect("an answer");
        let recorded = count(&house.store, "SELECT SUM(times) FROM curfew_events WHERE kind = 'refused'").await;
        assert_eq!(usize::try_from(recorded), Ok(ACTS.len()), "each attempt must be recorded");
    })
    .await;
}

/// Users see the reason written for them also when they submit a form too late.
#[rocket::async_test]
async fn a_late_actor_sees_why_the_login_ended() {
    on_each_engine(async |house: &House| {
        let (sam, ana) = (house.person("sam", Role::Staff).await, house.member("ana").await);
        let actor = house.acting(&sam).await;
        house.force_out(&sam).await;
        let refused = Act::ForceLogout.is_done(&house.accounts, &actor, &ana.target(), ForceLogoutMoment::Now).await;
        let why = reasons();
        assert!(why.for_user.as_deref().is_some());
        match refused {
            Err(AccountsError::Ended { user_reason, .. }) => {
                assert_eq!(user_reason.as_deref(), why.for_user.as_deref());
            }
            other => panic!("{other:?}"),
        }
    })
    .await;
}
