//! Every use case that can be performed, each on a fresh database where it is possible.

use std::{num::NonZeroU32, time::Duration};

use chrono::TimeDelta;
use curfew::{
    accounts::{AccountsError, Actor, ForceLogoutMoment, Result, StartedSession},
    domain::{
        letters::link::{LinkPurpose, LinkToken},
        logins::{kind::LoginClass, public_id::PublicId, token::TokenLabel},
        people::role::Role,
        reason::EndReason,
        reason_template::{NewReasonTemplate, ReasonTitle},
        reason_text::Reasons,
    },
    settings::WhenFull,
};

use crate::{
    house::{
        House, NEW_PASSWORD, PASSWORD, Person, client, credentials, email, new_password, operator, password, reasons,
        registration,
    },
    raw::run,
};

/// A use case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Register,
    SetUp,
    Create,
    LogIn,
    LogInInPlaceOfOthers,
    FailToLogInWhereItIsFull,
    FailToLogIn,
    LogOut,
    GrowIdle,
    ChangeEmail,
    VerifyNewEmail,
    VerifyEmail,
    ResetPassword,
    SendResetLink,
    TakeBack,
    ChangePassword,
    SetPassword,
    Promote,
    Demote,
    ForceOut,
    Schedule,
    Cancel,
    FoldDue,
    EveryoneOut,
    ScheduleEveryone,
    CancelEveryone,
    Deactivate,
    Activate,
    Delete,
    EndOwn,
    EndOthers,
    EndOneOfSomebody,
    FoldDeactivation,
    FoldEveryone,
    ConfirmPassword,
    EveryoneElseOut,
    SetRoleByPassword,
    DeleteByPassword,
    DeleteOwnAccount,
    AddReasonTemplate,
    DeleteReasonTemplate,
    EndTokenOfSomebody,
}

/// An account with two logins on which a use case can be performed.
pub struct Scene {
    ana: Person,
    logins: [StartedSession; 2],
    boss: Option<Actor>,
    token: Option<PublicId>,
    link: Option<LinkToken>,
    code: String,
    /// Every secret that must never appear in the database.
    pub secrets: Vec<String>,
}

impl Scene {
    pub async fn set(house: &House, act: Act) -> Self {
        let code = house.accounts.renew_setup_code().await.expect("an answer").expect("a code");
        let is_demoted = matches!(act, Act::Demote | Act::SetRoleByPassword);
        let ana = house.person("ana", if is_demoted { Role::Staff } else { Role::Member }).await;
        let boss = match act {
            Act::EveryoneElseOut | Act::SetRoleByPassword | Act::DeleteByPassword => {
                Some(house.acting(&house.person("boss", Role::Superuser).await).await)
            }
            _ => None,
        };
        let logins = [house.log_in(&ana).await, house.log_in(&ana).await];
        let token = match act {
            Act::EndTokenOfSomebody => {
                let (label, day) = (TokenLabel::parse("backup").expect("a label"), Duration::from_hours(24));
                let made = house.accounts.create_token(&operator(), &ana.target(), &label, day).await;
                Some(made.expect("a token").0.id)
            }
            _ => None,
        };
        if act == Act::DeleteReasonTemplate {
            house.accounts.add_reason_template(&operator(), &template("Lost")).await.expect("a template");
        }
        let of_ana = "ana@example.org";
        let link = match act {
            Act::VerifyNewEmail => {
                let (acting, new) = (ana.acting_from(&logins[0]), email("other@example.org"));
                house.accounts.change_email(&acting, &password(PASSWORD), &new).await.expect("it waits");
                Some(house.link(LinkPurpose::Verify, &ana, new.as_str()).await)
            }
            Act::VerifyEmail => {
                run(&house.store, "UPDATE curfew_users SET email_verified_at = NULL").await;
                Some(house.link(LinkPurpose::Verify, &ana, of_ana).await)
            }
            Act::ResetPassword => Some(house.link(LinkPurpose::Reset, &ana, of_ana).await),
            Act::TakeBack => Some(house.link(LinkPurpose::NotMe, &ana, of_ana).await),
            _ => None,
        };
        let secrets = logins.iter().flat_map(secrets_of).chain([PASSWORD, NEW_PASSWORD, &code].map(str::to_owned));
        let secrets = secrets.chain(link.iter().map(|link| link.reveal().to_owned())).collect();
        let scene = Self { ana, logins, boss, token, link, code, secrets };
        let at = house.now().await + TimeDelta::hours(1);
        match act {
            Act::Cancel => drop(house.force_logout(&scene.ana, ForceLogoutMoment::At(at)).await),
            Act::FoldDue => {
                house.force_logout(&scene.ana, ForceLogoutMoment::At(at)).await;
                house.store.clock().shift(TimeDelta::hours(2));
            }
            Act::FoldEveryone => {
                house.everyone_out(ForceLogoutMoment::At(at)).await;
                house.store.clock().shift(TimeDelta::hours(2));
            }
            Act::FoldDeactivation => {
                let done = house.accounts.deactivate(&operator(), &scene.ana.target(), Some(at), &reasons()).await;
                done.expect("a deactivation");
                house.store.clock().shift(TimeDelta::hours(2));
            }
            Act::CancelEveryone => drop(house.everyone_out(ForceLogoutMoment::At(at)).await),
            Act::Activate => {
                let done = house.accounts.deactivate(&operator(), &scene.ana.target(), None, &reasons()).await;
                done.expect("a deactivation");
            }
            _ => {}
        }
        scene
    }

    fn link(&self) -> Result<&LinkToken> {
        self.link.as_ref().ok_or(AccountsError::BadLink)
    }

    /// The superuser who acts on a page, for the use cases that need one.
    fn boss(&self) -> Result<Actor> {
        self.boss.clone().ok_or(AccountsError::NoSuchUser)
    }
}

/// A template for reasons with this title.
fn template(title: &str) -> NewReasonTemplate {
    NewReasonTemplate::new(ReasonTitle::parse(title).expect("a title"), reasons()).expect("a template")
}

/// The secret of a session, as in the cookie and as hexadecimal bytes.
pub fn secrets_of(login: &StartedSession) -> [String; 2] {
    use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
    let text = login.secret.reveal();
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64");
    [text, HEXLOWER.encode(&bytes)]
}

/// A login with a limit of one session.
async fn log_in_with_limit_of_one(house: &House, when_full: WhenFull) -> Result<StartedSession> {
    let accounts = house.accounts_with(|settings| {
        settings.max_sessions = NonZeroU32::new(1);
        settings.when_full = when_full;
    });
    accounts.log_in(&client(), &credentials("ana", PASSWORD)).await
}

impl Act {
    /// Every act with the kind, the reason and the detail of its one event.
    pub const ALL: [(Self, &'static str, Option<EndReason>, &'static str); 42] = [
        (Self::Register, "registered", None, ""),
        (Self::SetUp, "set-up", None, ""),
        (Self::Create, "user-created", None, "staff"),
        (Self::LogIn, "login", None, ""),
        (Self::LogInInPlaceOfOthers, "login", Some(EndReason::LoggedInElsewhere), "2 sessions ended"),
        (Self::FailToLogIn, "login-failed", None, ""),
        (Self::FailToLogInWhereItIsFull, "login-failed", None, "the account is full; live sessions: 2, allowed: 1"),
        (Self::LogOut, "logout", Some(EndReason::LoggedOut), ""),
        (Self::GrowIdle, "session-ended", Some(EndReason::Idle), ""),
        (Self::ChangeEmail, "email-change-requested", None, ""),
        (Self::VerifyNewEmail, "profile-changed", None, "from ana@example.org to other@example.org"),
        (Self::VerifyEmail, "email-verified", None, ""),
        (
            Self::ResetPassword,
            "password-changed",
            Some(EndReason::PasswordChanged),
            "with the link in a letter; 2 sessions ended",
        ),
        (Self::SendResetLink, "reset-link", None, ""),
        (Self::TakeBack, "not-me", Some(EndReason::NotMe), "2 sessions ended"),
        (Self::ChangePassword, "password-changed", Some(EndReason::PasswordChanged), "1 session ended"),
        (Self::SetPassword, "password-changed", Some(EndReason::PasswordChanged), "2 sessions ended"),
        (Self::Promote, "role-changed", None, "from member to staff"),
        (Self::Demote, "role-changed", Some(EndReason::RoleChanged), "from staff to member; 2 sessions ended"),
        (Self::ForceOut, "force-logout", Some(EndReason::ForcedOut), "2 sessions ended"),
        (Self::Schedule, "force-logout-scheduled", Some(EndReason::ForcedOut), "for "),
        (Self::Cancel, "force-logout-cancelled", None, "it was scheduled for "),
        (Self::FoldDue, "force-logout-due", Some(EndReason::ForcedOut), "2 sessions ended"),
        (Self::EveryoneOut, "force-logout", Some(EndReason::EveryoneOut), "everyone; 2 sessions ended"),
        (Self::ScheduleEveryone, "force-logout-scheduled", Some(EndReason::EveryoneOut), "everyone; for "),
        (Self::CancelEveryone, "force-logout-cancelled", None, "everyone; it was scheduled for "),
        (Self::Deactivate, "deactivated", Some(EndReason::Deactivated), "2 sessions ended"),
        (Self::Activate, "activated", None, ""),
        (Self::Delete, "deleted", Some(EndReason::Deleted), "2 sessions ended"),
        (Self::EndOwn, "session-ended", Some(EndReason::EndedByUser), ""),
        (Self::EndOthers, "session-ended", Some(EndReason::EndedByUser), "1 session ended"),
        (Self::EndOneOfSomebody, "session-ended", Some(EndReason::ForcedOut), ""),
        (Self::FoldDeactivation, "activated", None, "the deactivation expired"),
        (Self::FoldEveryone, "force-logout-due", Some(EndReason::EveryoneOut), "everyone; 2 sessions ended"),
        (Self::ConfirmPassword, "password-confirmed", None, ""),
        (Self::EveryoneElseOut, "force-logout", Some(EndReason::EveryoneOut), "everyone; 3 sessions ended"),
        (
            Self::SetRoleByPassword,
            "role-changed",
            Some(EndReason::RoleChanged),
            "from staff to member; 2 sessions ended",
        ),
        (Self::DeleteByPassword, "deleted", Some(EndReason::Deleted), "2 sessions ended"),
        (Self::DeleteOwnAccount, "deleted", Some(EndReason::Deleted), "2 sessions ended"),
        (Self::AddReasonTemplate, "reason-template-added", None, "\u{201c}Lost\u{201d}"),
        (Self::DeleteReasonTemplate, "reason-template-deleted", None, "\u{201c}Lost\u{201d}"),
        (Self::EndTokenOfSomebody, "token-ended", Some(EndReason::ForcedOut), "\u{201c}backup\u{201d}"),
    ];

    /// Performs the act. Returns the session that it started, if any.
    pub async fn perform(self, house: &House, scene: &Scene) -> Result<Option<StartedSession>> {
        let (accounts, root, why) = (&house.accounts, operator(), reasons());
        let (ana, target) = (scene.ana.acting_from(&scene.logins[0]), scene.ana.target());
        let in_an_hour = ForceLogoutMoment::At(house.now().await + TimeDelta::hours(1));
        let (old, new) = (password(PASSWORD), new_password(NEW_PASSWORD));
        match self {
            Self::Register => return accounts.register(&client(), &registration("ben")).await,
            Self::SetUp => return accounts.set_up(&client(), &scene.code, &registration("ben")).await.map(Some),
            Self::LogIn => return accounts.log_in(&client(), &credentials("ana", PASSWORD)).await.map(Some),
            Self::LogInInPlaceOfOthers => return log_in_with_limit_of_one(house, WhenFull::EndOldest).await.map(Some),
            Self::FailToLogInWhereItIsFull => match log_in_with_limit_of_one(house, WhenFull::RefuseNew).await {
                Err(AccountsError::SessionsFull { .. }) => {}
                other => return other.map(Some),
            },
            Self::ChangePassword => {
                return accounts.change_password(&ana, &old, &new, false).await.map(|(started, _)| Some(started));
            }
            Self::Create => accounts.create_user(&root, &registration("ben"), Role::Staff).await.map(drop)?,
            Self::FailToLogIn => match accounts.log_in(&client(), &credentials("ana", NEW_PASSWORD)).await {
                Err(AccountsError::BadCredentials) => {}
                other => return other.map(Some),
            },
            Self::LogOut => accounts.log_out(&ana).await?,
            Self::GrowIdle => {
                let session = &scene.logins[0].id;
                accounts
                    .record_limit_reached((scene.ana.id, "ana"), (LoginClass::Sessions, session), EndReason::Idle)
                    .await?;
            }
            Self::ChangeEmail => accounts.change_email(&ana, &old, &email("other@example.org")).await.map(drop)?,
            Self::VerifyNewEmail | Self::VerifyEmail => {
                accounts.verify_email(&client(), scene.link()?).await.map(drop)?;
            }
            Self::ResetPassword => accounts.reset_password(&client(), scene.link()?, &new).await.map(drop)?,
            Self::SendResetLink => accounts.send_reset_link(&root, &target).await.map(drop)?,
            Self::TakeBack => accounts.take_account_back(&client(), scene.link()?).await.map(drop)?,
            Self::SetPassword => accounts.set_password(&root, &target, &new).await.map(drop)?,
            Self::Promote => accounts.set_role(&root, &target, Role::Staff).await.map(drop)?,
            Self::Demote => accounts.set_role(&root, &target, Role::Member).await.map(drop)?,
            Self::ForceOut => accounts.force_logout(&root, &target, ForceLogoutMoment::Now, &why).await.map(drop)?,
            Self::Schedule => accounts.force_logout(&root, &target, in_an_hour, &why).await.map(drop)?,
            Self::Cancel => accounts.cancel_force_logout(&root, &target).await?,
            Self::EndOwn => accounts.end_own_login(&ana, LoginClass::Sessions, &scene.logins[1].id).await.map(drop)?,
            Self::EndOthers => {
                return accounts.end_other_logins(&ana, &old, false).await.map(|(started, _)| Some(started));
            }
            Self::EndOneOfSomebody => {
                let reason = why.for_staff.clone();
                accounts.end_session_of(&root, scene.ana.id, &scene.logins[0].id, reason).await.map(drop)?;
            }
            Self::FoldDue | Self::FoldDeactivation | Self::FoldEveryone => accounts.apply_due(scene.ana.id).await?,
            Self::EveryoneOut => accounts.force_everyone_out(&root, ForceLogoutMoment::Now, &why).await.map(drop)?,
            Self::ScheduleEveryone => accounts.force_everyone_out(&root, in_an_hour, &why).await.map(drop)?,
            Self::CancelEveryone => accounts.cancel_everyone_out(&root).await?,
            Self::Deactivate => accounts.deactivate(&root, &target, None, &why).await.map(drop)?,
            Self::Activate => accounts.activate(&root, &target, &Reasons::default()).await.map(drop)?,
            Self::Delete => accounts.delete_user(&root, &target, &why).await.map(drop)?,
            Self::ConfirmPassword => accounts.prove_presence(&ana, &old).await.map(drop)?,
            Self::EveryoneElseOut => {
                let (now, boss) = (ForceLogoutMoment::Now, scene.boss()?);
                return accounts
                    .force_everyone_else_out(&boss, &old, now, &why, false)
                    .await
                    .map(|(_, started)| started);
            }
            Self::SetRoleByPassword => {
                accounts.set_role_by_password(&scene.boss()?, &old, scene.ana.id, Role::Member).await.map(drop)?;
            }
            Self::DeleteByPassword => {
                accounts.delete_user_by_password(&scene.boss()?, &old, scene.ana.id, &why).await.map(drop)?;
            }
            Self::AddReasonTemplate => accounts.add_reason_template(&root, &template("Lost")).await?,
            Self::DeleteReasonTemplate => {
                let id = accounts.list_reason_templates().await?.first().map_or(0, |template| template.id);
                accounts.delete_reason_template(&root, id).await.map(drop)?;
            }
            Self::EndTokenOfSomebody => {
                let token = scene.token.as_ref().ok_or(AccountsError::NoSuchToken)?;
                accounts.end_token_of(&root, scene.ana.id, token, why.for_staff.clone()).await.map(drop)?;
            }
            Self::DeleteOwnAccount => accounts.delete_own_account(&ana, &old).await.map(drop)?,
        }
        Ok(None)
    }
}
