//! What the guard reads on each request: one statement, by primary keys.

mod row;

use std::{sync::LazyLock, time::Duration};

use rusqlite::named_params;

use self::row::Row;
use super::{
    Clock, Result, Sql, StoreError,
    engine::{in_time, on_engine},
};
use crate::domain::{
    moment::Moment,
    reason::EndReason,
    role::Role,
    session_secret::SessionId,
    standing::{Limits, SessionState, SiteStanding, Standing},
    token::TokenKind,
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
    /// The session or token, if it is still kept and is the account's.
    pub session: Option<Session>,
}

impl LoginStanding {
    /// What the account may do; one that does not exist may do least.
    #[must_use]
    pub fn role(&self) -> Role {
        self.account.as_ref().map_or(Role::Member, |account| account.role)
    }

    /// How long the login may last: a token has an end of its own, and may rest until then.
    #[must_use]
    pub fn limits(&self, of_role: impl Fn(Role) -> Limits) -> Limits {
        let session = self.session.as_ref();
        match session.and_then(|session| Some((session.token?, session.state.opened_at))) {
            Some((token, opened_at)) => {
                Limits { lifetime: (token.expires_at - opened_at).to_std().unwrap_or_default(), idle: Duration::MAX }
            }
            None => of_role(self.role()),
        }
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
        if let Some(session) = self.session.as_ref().filter(|session| session.state.ended == Some(reason)) {
            return session.user_reason.clone();
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

/// What a login is that a program has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenOf {
    /// How it is shown.
    pub kind: TokenKind,
    /// When it ends by itself.
    pub expires_at: Moment,
}

/// The session, or the token, behind a login.
#[derive(Debug, Clone)]
pub struct Session {
    /// What the rule asks of it.
    pub state: SessionState,
    /// None for a browser's.
    pub token: Option<TokenOf>,
    /// The hash of the secret that opens it; empty, and no hash, where a signature does.
    pub secret_hash: Vec<u8>,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// Whether its cookie outlives the browser.
    pub remember: bool,
    /// From where it was made.
    pub address: String,
    /// With what.
    pub user_agent: String,
    /// What its person is told of its end.
    pub user_reason: Option<String>,
}

/// Whose login is asked about: an account's number, and the name of a session or token.
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
    WITH asked (place, user_id, session_id) AS (VALUES {places})
    SELECT asked.place, CASE WHEN $1 THEN CURRENT_TIMESTAMP END AS now,
           site.force_logout_date AS site_date, site.force_logout_scheduled AS site_scheduled,
           CASE WHEN site.force_logout_scheduled IS NULL THEN site.force_logout_user_reason
                ELSE site.force_logout_scheduled_user_reason END AS site_user_reason,
           u.id AS user_id, u.username, u.email, u.is_active, u.is_staff, u.is_superuser, u.date_joined,
           COALESCE(u.last_opened_at, u.last_login),
           u.force_logout_date, u.force_logout_cause, u.force_logout_user_reason,
           u.force_logout_scheduled, u.force_logout_scheduled_user_reason,
           u.deactivated_until, u.deactivated_user_reason,
           COALESCE(s.secret_hash, t.secret_hash), s.remember, COALESCE(s.login_date, t.login_date),
           COALESCE(s.opened_at, t.opened_at),
           COALESCE(s.last_seen, t.last_seen), COALESCE(s.address, t.address),
           COALESCE(s.user_agent, t.user_agent), COALESCE(s.ended_at, t.ended_at), COALESCE(s.reason, t.reason),
           COALESCE(s.user_reason, t.user_reason), t.kind, t.expires_at
    FROM asked
    CROSS JOIN site
    LEFT JOIN users u ON u.id = asked.user_id
    LEFT JOIN sessions s ON s.id = asked.session_id AND s.user_id = asked.user_id
    LEFT JOIN tokens t ON t.id = asked.session_id AND t.user_id = asked.user_id
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
