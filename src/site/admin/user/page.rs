//! The page of one user, which shows each of its forms again when it is refused.

use rocket::http::Status;
use serde::Serialize;

use crate::{
    accounts::{self, Accounts, AccountsError, LoginsPage, TargetAccount},
    domain::{lists::users_query::PageNumber, logins::kind::LoginClass, moment::Moment, reason::EndReason},
    gate::{Changes, LiveLogin},
    site::{
        admin::{
            effect::EffectView,
            events::view::EventView,
            reasons::{TemplateView, read_templates},
            receipt::view::ReceiptView,
            search::choices::{ChoiceView, choices},
        },
        pages::{
            Pages,
            answer::{Answer, refuse},
            form::FormView,
            session_view::SessionView,
            token_view::TokenView,
        },
    },
    store::{feed::Change, users::User},
};

/// The number of events shown.
const NEWEST: i64 = 10;
/// The number of sessions and of tokens shown. The page has a form for each, and links to the lists of all.
const LOGINS_SHOWN: usize = 10;

/// The context of a user's page.
#[derive(Debug, Serialize)]
pub(super) struct UserPageView {
    user: UserView,
    receipt: Option<ReceiptView>,
    will_end: u64,
    will_end_tokens: u64,
    effect: EffectView,
    everyone_out: Option<Moment>,
    may_act: bool,
    why_not: Option<String>,
    can_deactivate: bool,
    sessions: Vec<SessionView>,
    sessions_more: bool,
    tokens: Vec<TokenView>,
    tokens_more: bool,
    events: Vec<EventView>,
    force_logout_form: FormView,
    deactivate_form: FormView,
    activate_form: FormView,
    login_form: FormView,
    is_me: bool,
    roles: Vec<ChoiceView>,
    role_form: FormView,
    delete_form: FormView,
    templates: Vec<TemplateView>,
}

#[derive(Debug, Serialize)]
struct UserView {
    id: i64,
    username: String,
    email: String,
    email_is_verified: bool,
    pending_email: Option<String>,
    role: &'static str,
    is_active: bool,
    deactivated_until: Option<Moment>,
    deactivated_staff_reason: Option<String>,
    deactivated_user_reason: Option<String>,
    date_joined: Moment,
    last_login: Option<Moment>,
    last_seen: Option<Moment>,
    force_logout_date: Option<Moment>,
    force_logout_cause: Option<&'static str>,
    force_logout_staff_reason: Option<String>,
    force_logout_user_reason: Option<String>,
    scheduled: Option<ScheduledView>,
}

#[derive(Debug, Serialize)]
struct ScheduledView {
    at: Moment,
    by: Option<String>,
    staff_reason: Option<String>,
    user_reason: Option<String>,
}

/// The forms of the page, of which one may have been refused.
#[derive(Debug, Default)]
pub(super) struct Forms {
    pub(super) force_logout: FormView,
    pub(super) deactivate: FormView,
    pub(super) activate: FormView,
    /// The form that ends one session or token. Its value `login` is the id of that login.
    pub(super) login: FormView,
    pub(super) role: FormView,
    pub(super) delete: FormView,
}

impl UserPageView {
    /// Replaces the role form with the refused one.
    pub(super) fn with_role_form(self, role_form: FormView) -> Self {
        Self { role_form, ..self }
    }

    /// Replaces the deletion form with the refused one.
    pub(super) fn with_delete_form(self, delete_form: FormView) -> Self {
        Self { delete_form, ..self }
    }
}

/// Reads a user's page.
pub(super) async fn read(accounts: &Accounts, me: &LiveLogin, id: i64, forms: Forms) -> accounts::Result<UserPageView> {
    let TargetAccount { user, will_end, now } = accounts.get_target_account(id).await?;
    let effect = EffectView::on_user(accounts, me, id, forms.force_logout.value("at")).await?;
    let first = PageNumber::default();
    let sessions = accounts.list_logins_of(id, LoginClass::Sessions, first).await?;
    let tokens = accounts.list_logins_of(id, LoginClass::Tokens, first).await?;
    let receipt = accounts.find_receipt(Change::User(id)).await?.and_then(ReceiptView::of);
    let events = accounts.list_newest_events_of(id, NEWEST).await?;
    // A force logout of everyone from before the account existed ended none of its logins.
    let (site, _) = accounts.read_site().await?;
    let everyone_out = site.force_logout_date.filter(|at| *at > user.date_joined);
    let is_last = accounts.is_last_superuser(id, user.role()).await?;
    let is_me = me.user_id == id;
    let may_act = me.role().may_act_on(user.role());
    let roles = choices(
        &[
            ("member", "Member"),
            ("staff", "Staff (can act on members)"),
            ("superuser", "Superuser (can act on everyone)"),
        ],
        user.role().code(),
    );
    let is_more = |logins: &LoginsPage| logins.has_next || logins.logins.len() > LOGINS_SHOWN;
    Ok(UserPageView {
        receipt,
        will_end: will_end.sessions,
        will_end_tokens: will_end.tokens,
        effect,
        may_act,
        why_not: (!may_act).then(|| AccountsError::Forbidden.to_string()),
        can_deactivate: may_act && !is_me && !is_last,
        sessions_more: is_more(&sessions),
        sessions: sessions
            .logins
            .into_iter()
            .take(LOGINS_SHOWN)
            .map(|listed| SessionView::of(listed, &me.session))
            .collect(),
        tokens_more: is_more(&tokens),
        tokens: tokens.logins.into_iter().take(LOGINS_SHOWN).map(TokenView::from).collect(),
        events: events.into_iter().map(EventView::from).collect(),
        user: user_view(user, now)?,
        everyone_out,
        force_logout_form: forms.force_logout,
        deactivate_form: forms.deactivate,
        activate_form: forms.activate,
        login_form: forms.login,
        is_me,
        roles,
        role_form: forms.role,
        delete_form: forms.delete,
        templates: read_templates(accounts).await?,
    })
}

fn user_view(user: User, now: Moment) -> accounts::Result<UserView> {
    Ok(UserView {
        id: user.id,
        role: user.role().code(),
        is_active: user.is_active_at(now),
        force_logout_cause: user.force_logout_cause()?.map(EndReason::code),
        scheduled: user.force_logout_scheduled.map(|at| ScheduledView {
            at,
            by: user.force_logout_scheduled_by,
            staff_reason: user.force_logout_scheduled_staff_reason,
            user_reason: user.force_logout_scheduled_user_reason,
        }),
        username: user.username,
        email: user.email,
        email_is_verified: user.email_verified_at.is_some(),
        pending_email: user.pending_email,
        deactivated_until: user.deactivated_until,
        deactivated_staff_reason: user.deactivated_staff_reason,
        deactivated_user_reason: user.deactivated_user_reason,
        date_joined: user.date_joined,
        last_login: user.last_login,
        last_seen: user.last_seen,
        force_logout_date: user.force_logout_date,
        force_logout_staff_reason: user.force_logout_staff_reason,
        force_logout_user_reason: user.force_logout_user_reason,
    })
}

/// Shows the page again with status 422 and a refused form.
pub(super) async fn show_again(
    me: &LiveLogin,
    accounts: &Accounts,
    pages: &Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    forms: Forms,
) -> Answer {
    match read(accounts, me, id, forms).await {
        Ok(view) => pages.show_form_again(Status::UnprocessableEntity, "admin/user", &view),
        Err(error) => refuse(changes, error),
    }
}

/// Shows the page again with a form that a template has filled in.
pub(super) async fn show_filled(
    me: &LiveLogin,
    accounts: &Accounts,
    pages: &Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    forms: Forms,
) -> Answer {
    match read(accounts, me, id, forms).await {
        Ok(view) => pages.show_form("admin/user", &view),
        Err(error) => refuse(changes, error),
    }
}
