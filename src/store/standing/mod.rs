//! What the guard reads on each request: one statement, by primary keys.

pub mod feed;
pub(super) mod readers;
mod row;

use std::{sync::LazyLock, time::Duration};

use rusqlite::named_params;

use self::row::Row;
use super::{
    Clock, Result, Sql, StoreError,
    engine::{in_time, on_engine},
};
use crate::domain::{
    logins::{kind::LoginKind, session_secret::SessionId},
    moment::Moment,
    people::role::Role,
    reason::EndReason,
    standing::{Limits, LoginState, SiteStanding, Standing},
};

/// Everything that decides over one login, as it was at one moment.
#[derive(Debug, Clone)]
pub struct LoginStanding {
    /// The moment.
    pub now: Moment,
    /// The account, if it exists.
    pub account: Option<Account>,
    /// The site.
    pub site: SiteStanding,
    /// What everyone is told when the site's date puts them out.
    pub site_user_reason: Option<String>,
    /// The login's own row, if it is still kept and is the account's.
    pub login: Option<StoredLogin>,
}

impl LoginStanding {
    /// The force logout of the site or the account that ended the login, which was refused for that reason.
    #[must_use]
    pub fn forced_out_at(&self, reason: EndReason) -> Option<Moment> {
        let date = match reason {
            EndReason::EveryoneOut => self.site.force_logout_date,
            _ => self.account.as_ref()?.standing.force_logout_date,
        };
        // A date from before the login has not ended it: a hand has deactivated the account since.
        date.filter(|date| self.login.as_ref().is_some_and(|login| login.login_date <= *date))
    }

    /// What the account may do; one that does not exist may do least.
    #[must_use]
    pub fn role(&self) -> Role {
        self.account.as_ref().map_or(Role::Member, |account| account.role)
    }

    /// How long the login may last.
    #[must_use]
    pub fn limits(&self, of_role: impl Fn(Role) -> Limits, leeway: Duration) -> Limits {
        let of_role = of_role(self.role());
        let Some(login) = &self.login else { return of_role };
        login.kind.limits(of_role, (login.state.opened_at, login.expires_at), leeway)
    }

    /// The next force logout that is scheduled for this login, by date: of the account or the site,
    /// with what its person is told. One that has come due is among them until it is folded.
    #[must_use]
    pub fn scheduled(&self) -> Option<(Moment, Option<&str>)> {
        let account = self.account.as_ref();
        let of_account = account.and_then(|account| {
            Some((account.standing.force_logout_scheduled?, account.scheduled_user_reason.as_deref()))
        });
        let of_site = self.site.force_logout_scheduled.map(|at| (at, self.site_user_reason.as_deref()));
        [of_account, of_site].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// What staff wrote for the person, where it belongs to this reason.
    #[must_use]
    pub fn user_reason(&self, reason: EndReason) -> Option<String> {
        if let Some(login) = self.login.as_ref().filter(|login| login.state.ended == Some(reason)) {
            return login.user_reason.clone();
        }
        let account = self.account.as_ref()?;
        match reason {
            EndReason::Deactivated => account.deactivated_user_reason.clone(),
            EndReason::EveryoneOut => self.site_user_reason.clone(),
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
    /// What the rule asks of it.
    pub standing: Standing,
    /// Its name.
    pub username: String,
    /// Its address.
    pub email: String,
    /// What it may do.
    pub role: Role,
    /// Since when it exists.
    pub date_joined: Moment,
    /// Its latest login.
    pub last_login: Option<Moment>,
    /// What its person is told of a force logout.
    pub force_logout_user_reason: Option<String>,
    /// The same, of one to come.
    pub scheduled_user_reason: Option<String>,
    /// What its person is told of the deactivation.
    pub deactivated_user_reason: Option<String>,
}

/// A login's own row.
#[derive(Debug, Clone)]
pub struct StoredLogin {
    /// What the rule asks of it.
    pub state: LoginState,
    /// What it is proven by.
    pub kind: LoginKind,
    /// When a token expires.
    pub expires_at: Option<Moment>,
    /// The hash of its secret; empty, and the hash of nothing, where a signature proves it.
    pub secret_hash: Vec<u8>,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// Whether its cookie outlives the browser.
    pub remember: bool,
    /// The address that it was made from.
    pub address: String,
    /// The browser or program that it was made with.
    pub user_agent: String,
    /// What its person is told of its end.
    pub user_reason: Option<String>,
}

/// Which login is asked about: the account's id, and the login's.
pub type Asked = (i64, SessionId);

/// The most logins that one statement reads.
pub const STANDINGS_AT_ONCE: usize = 32;

/// Reads what decides over the login that this session made.
///
/// # Errors
/// When the database does not answer, or holds a word that is no reason.
pub async fn get_login_standing(
    on: &mut impl Sql,
    clock: &Clock,
    user_id: i64,
    session: &SessionId,
) -> Result<LoginStanding> {
    let mut read = list_login_standings(on, clock, &[(user_id, session.clone())]).await?;
    read.pop().ok_or_else(|| StoreError::Unreadable("the site's own row is gone".to_owned()))
}

/// Reads what decides over several logins, at most [`STANDINGS_AT_ONCE`], in the order asked.
///
/// # Errors
/// When the database does not answer, or holds a word that is no reason.
pub async fn list_login_standings(on: &mut impl Sql, clock: &Clock, asked: &[Asked]) -> Result<Vec<LoginStanding>> {
    let Some(last) = asked.last() else { return Ok(Vec::new()) };
    let asks_database = Clock::is_of_database(on);
    // Few sizes, so that each statement is prepared once; what is too much asks for the last again.
    let size = asked.len().next_power_of_two();
    let sql = READS[size.trailing_zeros() as usize].as_str();
    let padded = asked.iter().chain(std::iter::repeat(last)).take(size);
    let mut rows: Vec<Row> = on_engine!(on, |c| {
        let query = sqlx::query_as(sql).bind(asks_database);
        let query = padded.fold(query, |query, (user_id, session)| query.bind(*user_id).bind(session.as_str()));
        in_time(query.fetch_all(c)).await
    })?;
    rows.sort_unstable_by_key(|row| row.place);
    rows.truncate(asked.len());
    rows.into_iter()
        .map(|row| {
            let now = clock.of_statement(row.now);
            row.at(now)
        })
        .collect()
}

/// The same of one login, by a connection to the file itself. What the database says is told apart
/// from whether it answered.
pub(super) fn read_login_standing(
    on: &rusqlite::Connection,
    clock: &Clock,
    user_id: i64,
    session: &SessionId,
) -> rusqlite::Result<Result<LoginStanding>> {
    let mut reading = on.prepare_cached(&READS[0])?;
    // By name: SQLite counts `$2` before `$1` where it comes first.
    let values = named_params! { "$1": false, "$2": user_id, "$3": session.as_str() };
    let row = reading.query_row(values, Row::of_file)?;
    Ok(row.at(clock.process_now()))
}

/// One statement for each power of two.
static READS: LazyLock<[String; STANDINGS_AT_ONCE.trailing_zeros() as usize + 1]> =
    LazyLock::new(|| std::array::from_fn(|power| read_sql(1 << power)));

/// Alone in its transaction, so that Postgres's `CURRENT_TIMESTAMP` is the moment it began.
fn read_sql(size: usize) -> String {
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
           u.deactivated_until, u.deactivated_user_reason,
           l.kind, l.secret_hash, l.remember, l.login_date, l.opened_at, l.last_seen, l.expires_at, l.address,
           l.user_agent, l.ended_at, l.reason, l.user_reason
    FROM asked
    CROSS JOIN curfew_site site
    LEFT JOIN curfew_users u ON u.id = asked.user_id
    LEFT JOIN curfew_logins l ON l.id = asked.login_id AND l.user_id = asked.user_id
    WHERE site.id = 1"
    )
}

/// A deactivation with an end is over from that moment on, whether or not anybody has noted it.
pub(super) fn is_active(flag: bool, until: Option<Moment>, now: Moment) -> bool {
    flag || until.is_some_and(|until| until <= now)
}

pub(super) fn ended(ended_at: Option<Moment>, reason: Option<&str>) -> Result<Option<EndReason>> {
    match (ended_at, reason) {
        (None, None) => Ok(None),
        // A hand that writes only the date still ends the session.
        (_, reason) => reason.map_or(Ok(EndReason::ForcedOut), parse_reason).map(Some),
    }
}

pub(super) fn parse_reason(code: &str) -> Result<EndReason> {
    code.parse().map_err(|error| StoreError::Unreadable(format!("{error}")))
}
