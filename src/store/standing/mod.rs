//! Login standings: what the guard reads on each request, in one statement by primary keys.

pub(super) mod lanes;
mod row;

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use self::row::Row;
use super::{
    Clock, Result, Sql, StoreError,
    engine::{on_engine, with_timeout},
};
use crate::domain::{
    logins::{kind::LoginKind, public_id::PublicId},
    moment::Moment,
    people::role::Role,
    reason::EndReason,
    standing::{Limits, LoginState, SiteStanding, Standing},
};

/// Everything that decides whether one login is good, read at one time. A clone copies no text: the guard takes one per
/// request.
#[derive(Debug, Clone)]
pub struct LoginStanding {
    /// The time of the read.
    pub now: Moment,
    /// The account, if it exists.
    pub account: Option<Arc<Account>>,
    /// The site's standing.
    pub site: SiteStanding,
    /// What staff wrote for users about the site's force logout: about the scheduled one, if there is one.
    pub site_user_reason: Option<Arc<str>>,
    /// The login's row, if it still exists and belongs to the account.
    pub login: Option<Arc<StoredLogin>>,
}

impl LoginStanding {
    /// The date of the force logout, of the site or the account, that ended a login refused for `reason`.
    #[must_use]
    pub fn forced_out_at(&self, reason: EndReason) -> Option<Moment> {
        let date = match reason {
            EndReason::EveryoneOut => self.site.force_logout_date,
            _ => self.account.as_ref()?.standing.force_logout_date,
        };
        // A date before the login has not ended it: somebody deactivated the account by a manual UPDATE since.
        date.filter(|date| self.login.as_ref().is_some_and(|login| login.login_date <= *date))
    }

    /// The account's role. An account that does not exist has the least.
    #[must_use]
    pub fn role(&self) -> Role {
        self.account.as_ref().map_or(Role::Member, |account| account.role)
    }

    /// The lifetime and idle timeout of the login.
    #[must_use]
    pub fn limits(&self, of_role: impl Fn(Role) -> Limits, leeway: Duration) -> Limits {
        let of_role = of_role(self.role());
        let Some(login) = &self.login else { return of_role };
        login.kind.limits(of_role, (login.state.opened_at, login.expires_at), leeway)
    }

    /// The next scheduled force logout of the account or the site, with its reason for the user. It may be due already,
    /// but not folded yet.
    #[must_use]
    pub fn scheduled(&self) -> Option<(Moment, Option<&str>)> {
        let account = self.account.as_ref();
        let of_account = account.and_then(|account| {
            Some((account.standing.force_logout_scheduled?, account.scheduled_user_reason.as_deref()))
        });
        let of_site = self.site.force_logout_scheduled.map(|at| (at, self.site_user_reason.as_deref()));
        [of_account, of_site].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// What staff wrote for the user, if it belongs to `reason`.
    #[must_use]
    pub fn user_reason(&self, reason: EndReason) -> Option<String> {
        if let Some(login) = self.login.as_ref().filter(|login| login.state.ended == Some(reason)) {
            return login.user_reason.clone();
        }
        let account = self.account.as_ref()?;
        match reason {
            EndReason::Deactivated => account.deactivated_user_reason.clone(),
            EndReason::EveryoneOut => self.site_user_reason.as_deref().map(str::to_owned),
            EndReason::ForcedOut if account.standing.force_logout_scheduled.is_some_and(|at| at <= self.now) => {
                account.scheduled_user_reason.clone()
            }
            EndReason::ForcedOut => account.force_logout_user_reason.clone(),
            _ => None,
        }
    }
}

/// The account behind a login.
#[derive(Debug, Clone)]
pub struct Account {
    /// The account's standing, for the rule.
    pub standing: Standing,
    /// The username.
    pub username: String,
    /// The email.
    pub email: String,
    /// The role.
    pub role: Role,
    /// When the account was created.
    pub date_joined: Moment,
    /// The time of the latest login.
    pub last_login: Option<Moment>,
    /// The latest force logout's reason for the user.
    pub force_logout_user_reason: Option<String>,
    /// The scheduled force logout's reason for the user.
    pub scheduled_user_reason: Option<String>,
    /// The deactivation's reason for the user.
    pub deactivated_user_reason: Option<String>,
    /// When strangers last reached the limit of wrong passwords.
    pub attacked_at: Option<Moment>,
}

/// A login's row.
#[derive(Debug, Clone)]
pub struct StoredLogin {
    /// The login's state, for the rule.
    pub state: LoginState,
    /// How the login is proven.
    pub kind: LoginKind,
    /// When a token expires.
    pub expires_at: Option<Moment>,
    /// The hash of the secret. Empty if a signature proves the login: an empty hash matches no secret.
    pub secret_hash: Vec<u8>,
    /// The login's `LAST_LOGIN_DATE`, which the rule compares with force-logout dates.
    pub login_date: Moment,
    /// Whether the cookie is kept after the browser is closed.
    pub remember: bool,
    /// The IP address that the user logged in from.
    pub address: String,
    /// The `User-Agent` that the user logged in with.
    pub user_agent: String,
    /// The end's reason for the user.
    pub user_reason: Option<String>,
}

/// A login to read: the account's id, and the login's.
pub type Asked = (i64, PublicId);

/// How many logins one statement reads at most. A power of two.
pub const MAX_STANDINGS_PER_STATEMENT: usize = 32;

/// Reads the standing of one login.
///
/// # Errors
/// Returns an error if the database does not respond, or holds an unknown code.
pub async fn get_login_standing(
    on: &mut dyn Sql,
    clock: &Clock,
    user_id: i64,
    session: &PublicId,
) -> Result<LoginStanding> {
    let mut read = list_login_standings(on, clock, &[(user_id, session.clone())]).await?;
    read.pop().ok_or_else(|| StoreError::Unreadable("the site's row is missing".to_owned()))
}

/// Reads the standings of at most [`MAX_STANDINGS_PER_STATEMENT`] logins, in the order of `asked`.
///
/// # Errors
/// Returns an error if the database does not respond, or holds an unknown code.
pub async fn list_login_standings(on: &mut dyn Sql, clock: &Clock, asked: &[Asked]) -> Result<Vec<LoginStanding>> {
    let Some(last) = asked.last() else { return Ok(Vec::new()) };
    let reads_database_time = Clock::is_in_database(on);
    // Round up to one of a few sizes, so that few statements are prepared. Surplus places repeat the last login.
    let size = asked.len().next_power_of_two();
    let sql = STATEMENTS[size.trailing_zeros() as usize].as_str();
    let padded = asked.iter().chain(std::iter::repeat(last)).take(size);
    let mut rows: Vec<Row> = on_engine!(on, |c| {
        let query = sqlx::query_as(sql).bind(reads_database_time);
        let query = padded.fold(query, |query, (user_id, session)| query.bind(*user_id).bind(session.as_str()));
        with_timeout(query.fetch_all(c)).await
    })?;
    rows.sort_unstable_by_key(|row| row.place);
    rows.truncate(asked.len());
    rows.into_iter()
        .map(|row| {
            let now = clock.statement_now(row.now);
            row.into_standing(now)
        })
        .collect()
}

/// One statement for each power of two.
static STATEMENTS: LazyLock<[String; MAX_STANDINGS_PER_STATEMENT.trailing_zeros() as usize + 1]> =
    LazyLock::new(|| std::array::from_fn(|power| standing_sql(1 << power)));

/// The statement must be alone in its transaction: only then is Postgres's `CURRENT_TIMESTAMP` the time of its start.
fn standing_sql(size: usize) -> String {
    let place = |n: usize| format!("({n}, CAST(${} AS BIGINT), CAST(${} AS TEXT))", 2 * n + 2, 2 * n + 3);
    let places = (0..size).map(place).collect::<Vec<_>>().join(", ");
    format!(
        "
    WITH asked (place, user_id, login_id) AS (VALUES {places})
    SELECT asked.place, CASE WHEN $1 THEN CURRENT_TIMESTAMP END AS now,
           site.force_logout_date AS site_date, site.force_logout_scheduled AS site_scheduled,
           CASE WHEN site.force_logout_scheduled IS NULL THEN site.force_logout_user_reason
                ELSE site.force_logout_scheduled_user_reason END AS site_user_reason,
           u.id AS user_id, u.username, u.email, u.is_active, u.is_staff, u.is_superuser, u.date_joined,
           u.last_login,
           u.force_logout_date, u.force_logout_cause, u.force_logout_user_reason,
           u.force_logout_scheduled, u.force_logout_scheduled_user_reason,
           u.deactivated_until, u.deactivated_user_reason, u.attacked_at,
           l.kind, l.secret_hash, l.remember, l.login_date, l.opened_at, l.last_seen, l.expires_at, l.address,
           l.user_agent, l.ended_at, l.reason, l.user_reason
    FROM asked
    CROSS JOIN curfew_site site
    LEFT JOIN curfew_users u ON u.id = asked.user_id
    LEFT JOIN curfew_logins l ON l.id = asked.login_id AND l.user_id = asked.user_id
    WHERE site.id = 1"
    )
}

/// A deactivation is over from its end on, even if the row does not say so yet.
pub(super) fn is_active(flag: bool, until: Option<Moment>, now: Moment) -> bool {
    flag || until.is_some_and(|until| until <= now)
}
