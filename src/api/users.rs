//! `/api/users/<name>`: staff actions on one account, for example from an offboarding script.

use rocket::{Route, State, get, post, routes, serde::json::Json};
use serde::{Deserialize, Serialize};

use super::{
    body::{Fields, OptionalBody},
    moments::Timestamp,
    problem::Problem,
};
use crate::{
    accounts::{Accounts, AccountsError, ForceLogoutMoment, ForceLogoutOutcome, LoginCounts, Target, TargetAccount},
    domain::{
        moment::parse_moment,
        people::login_name::LoginName,
        reason_text::{ReasonText, Reasons},
    },
    gate::ApiStaff,
};

#[derive(Serialize)]
struct User {
    id: i64,
    username: String,
    email: String,
    is_active: bool,
    is_staff: bool,
    is_superuser: bool,
    date_joined: Timestamp,
    last_login: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    force_logout_date: Option<Timestamp>,
    force_logout_scheduled: Option<Timestamp>,
    deactivated_until: Option<Timestamp>,
    live_sessions: u64,
    live_tokens: u64,
}

#[derive(Serialize)]
struct ForcedOut {
    force_logout_date: Option<Timestamp>,
    force_logout_scheduled: Option<Timestamp>,
    sessions_ended: u64,
    tokens_ended: u64,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonsRequest {
    staff_reason: Option<String>,
    user_reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ForceLogoutRequest {
    staff_reason: Option<String>,
    user_reason: Option<String>,
    at: Option<String>,
}

fn read_reasons(fields: &mut Fields, staff: Option<&str>, user: Option<&str>) -> Option<Reasons> {
    let for_staff = fields.read("staff_reason", ReasonText::parse(staff.unwrap_or_default()));
    let for_user = fields.read("user_reason", ReasonText::parse(user.unwrap_or_default()));
    Some(Reasons { for_staff: for_staff?, for_user: for_user? })
}

impl ReasonsRequest {
    fn read(&self) -> Result<Reasons, Problem> {
        let mut fields = Fields::default();
        read_reasons(&mut fields, self.staff_reason.as_deref(), self.user_reason.as_deref())
            .ok_or_else(|| fields.problem())
    }
}

/// A malformed name is answered like an unknown one.
fn target(name: &str) -> Result<Target, Problem> {
    Ok(Target::Name(LoginName::parse(name).map_err(|_| AccountsError::NoSuchUser)?))
}

async fn read_user(accounts: &Accounts, name: &str) -> Result<User, Problem> {
    let id = accounts.get_target(&target(name)?).await?.id;
    // A schedule that has come due must show as applied.
    accounts.apply_due(id).await?;
    let TargetAccount { user, will_end, now } = accounts.get_target_account(id).await?;
    Ok(User {
        id,
        is_active: user.is_active_at(now),
        is_staff: user.role().is_staff(),
        is_superuser: user.role().is_superuser(),
        username: user.username,
        email: user.email,
        date_joined: Timestamp(user.date_joined),
        last_login: user.last_login.map(Timestamp),
        last_seen: user.last_seen.map(Timestamp),
        force_logout_date: user.force_logout_date.map(Timestamp),
        force_logout_scheduled: user.force_logout_scheduled.map(Timestamp),
        deactivated_until: user.deactivated_until.map(Timestamp),
        live_sessions: will_end.sessions,
        live_tokens: will_end.tokens,
    })
}

#[get("/api/users/<name>")]
async fn show(_staff: ApiStaff<'_>, accounts: &State<Accounts>, name: &str) -> Result<Json<User>, Problem> {
    Ok(Json(read_user(accounts, name).await?))
}

#[post("/api/users/<name>/force-logout", data = "<body>")]
async fn force_logout(
    staff: ApiStaff<'_>,
    accounts: &State<Accounts>,
    name: &str,
    body: OptionalBody<ForceLogoutRequest>,
) -> Result<Json<ForcedOut>, Problem> {
    let ForceLogoutRequest { staff_reason, user_reason, at } = body.0;
    let mut fields = Fields::default();
    let reasons = read_reasons(&mut fields, staff_reason.as_deref(), user_reason.as_deref());
    let moment = match at.as_deref() {
        Some(at) => fields.read("at", parse_moment(at)).map(ForceLogoutMoment::At),
        None => Some(ForceLogoutMoment::Now),
    };
    let (Some(reasons), Some(moment)) = (reasons, moment) else { return Err(fields.problem()) };
    let outcome = accounts.force_logout(&staff.actor(), &target(name)?, moment, &reasons).await?;
    let ended = match outcome {
        ForceLogoutOutcome::Done { ended, .. } => ended,
        ForceLogoutOutcome::Scheduled { .. } | ForceLogoutOutcome::Unchanged { .. } => LoginCounts::default(),
    };
    let user = accounts.get_target(&target(name)?).await?;
    Ok(Json(ForcedOut {
        force_logout_date: user.force_logout_date.map(Timestamp),
        force_logout_scheduled: user.force_logout_scheduled.map(Timestamp),
        sessions_ended: ended.sessions,
        tokens_ended: ended.tokens,
    }))
}

#[post("/api/users/<name>/deactivate", data = "<body>")]
async fn deactivate(
    staff: ApiStaff<'_>,
    accounts: &State<Accounts>,
    name: &str,
    body: OptionalBody<ReasonsRequest>,
) -> Result<Json<User>, Problem> {
    let reasons = body.0.read()?;
    accounts.deactivate(&staff.actor(), &target(name)?, None, &reasons).await?;
    Ok(Json(read_user(accounts, name).await?))
}

#[post("/api/users/<name>/activate", data = "<body>")]
async fn activate(
    staff: ApiStaff<'_>,
    accounts: &State<Accounts>,
    name: &str,
    body: OptionalBody<ReasonsRequest>,
) -> Result<Json<User>, Problem> {
    let reasons = body.0.read()?;
    accounts.activate(&staff.actor(), &target(name)?, &reasons).await?;
    Ok(Json(read_user(accounts, name).await?))
}

/// The routes of the routes.
pub(super) fn routes() -> Vec<Route> {
    routes![show, force_logout, deactivate, activate]
}
