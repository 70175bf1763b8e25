//! One row of the standing statement, as the database returns it.

use std::sync::Arc;

use sqlx::{ColumnIndex, FromRow};

use super::{Account, LoginStanding, StoredLogin, is_active};
use crate::{
    domain::{
        moment::Moment,
        people::role::Role,
        standing::{LoginState, SiteStanding, Standing},
    },
    store::{
        Result,
        logins::stored::{ended, parse_kind, parse_reason},
    },
};

/// Fields in the order of the statement's columns: looking up 33 columns by name takes longer than reading them.
pub(super) struct Row {
    pub(super) place: i32,
    pub(super) now: Option<Moment>,
    site_date: Option<Moment>,
    site_scheduled: Option<Moment>,
    site_user_reason: Option<String>,
    user_id: Option<i64>,
    username: Option<String>,
    email: Option<String>,
    is_active: Option<bool>,
    is_staff: Option<bool>,
    is_superuser: Option<bool>,
    date_joined: Option<Moment>,
    last_login: Option<Moment>,
    force_logout_date: Option<Moment>,
    force_logout_cause: Option<String>,
    force_logout_user_reason: Option<String>,
    force_logout_scheduled: Option<Moment>,
    force_logout_scheduled_user_reason: Option<String>,
    deactivated_until: Option<Moment>,
    deactivated_user_reason: Option<String>,
    attacked_at: Option<Moment>,
    kind: Option<String>,
    secret_hash: Option<Vec<u8>>,
    remember: Option<bool>,
    login_date: Option<Moment>,
    opened_at: Option<Moment>,
    last_seen: Option<Moment>,
    expires_at: Option<Moment>,
    address: Option<String>,
    user_agent: Option<String>,
    ended_at: Option<Moment>,
    reason: Option<String>,
    user_reason: Option<String>,
}

impl<'r, R> FromRow<'r, R> for Row
where
    R: sqlx::Row,
    usize: ColumnIndex<R>,
    i32: FromColumn<'r, R::Database>,
    Option<i64>: FromColumn<'r, R::Database>,
    Option<bool>: FromColumn<'r, R::Database>,
    Option<String>: FromColumn<'r, R::Database>,
    Option<Vec<u8>>: FromColumn<'r, R::Database>,
    Option<Moment>: FromColumn<'r, R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let mut columns = 0..;
        macro_rules! next {
            () => {
                row.try_get(columns.next().unwrap_or_default())?
            };
        }
        Ok(Self {
            place: next!(),
            now: next!(),
            site_date: next!(),
            site_scheduled: next!(),
            site_user_reason: next!(),
            user_id: next!(),
            username: next!(),
            email: next!(),
            is_active: next!(),
            is_staff: next!(),
            is_superuser: next!(),
            date_joined: next!(),
            last_login: next!(),
            force_logout_date: next!(),
            force_logout_cause: next!(),
            force_logout_user_reason: next!(),
            force_logout_scheduled: next!(),
            force_logout_scheduled_user_reason: next!(),
            deactivated_until: next!(),
            deactivated_user_reason: next!(),
            attacked_at: next!(),
            kind: next!(),
            secret_hash: next!(),
            remember: next!(),
            login_date: next!(),
            opened_at: next!(),
            last_seen: next!(),
            expires_at: next!(),
            address: next!(),
            user_agent: next!(),
            ended_at: next!(),
            reason: next!(),
            user_reason: next!(),
        })
    }
}

/// A type that a column can be read as.
trait FromColumn<'r, D: sqlx::Database>: sqlx::Decode<'r, D> + sqlx::Type<D> {}
impl<'r, D: sqlx::Database, T: sqlx::Decode<'r, D> + sqlx::Type<D>> FromColumn<'r, D> for T {}

impl Row {
    /// The standing that the row describes at `now`.
    pub(super) fn into_standing(self, now: Moment) -> Result<LoginStanding> {
        let site = SiteStanding { force_logout_date: self.site_date, force_logout_scheduled: self.site_scheduled };
        let login = match (self.user_id, self.kind, self.login_date, self.opened_at) {
            (Some(user_id), Some(kind), Some(login_date), Some(opened_at)) => Some(Arc::new(StoredLogin {
                state: LoginState {
                    user_id,
                    ended: ended(self.ended_at, self.reason.as_deref())?,
                    opened_at,
                    // The epoch for a token that was never used, so that its first use is recorded.
                    last_seen: self.last_seen.unwrap_or(Moment::UNIX_EPOCH),
                },
                kind: parse_kind(&kind)?,
                expires_at: self.expires_at,
                secret_hash: self.secret_hash.unwrap_or_default(),
                login_date,
                remember: self.remember.unwrap_or(false),
                address: self.address.unwrap_or_default(),
                user_agent: self.user_agent.unwrap_or_default(),
                user_reason: self.user_reason,
            })),
            _ => None,
        };
        let account = match (self.user_id, self.username, self.email, self.date_joined) {
            (Some(user_id), Some(username), Some(email), Some(date_joined)) => Some(Arc::new(Account {
                standing: Standing {
                    user_id,
                    is_active: is_active(self.is_active == Some(true), self.deactivated_until, now),
                    force_logout_date: self.force_logout_date,
                    force_logout_cause: self.force_logout_cause.as_deref().map(parse_reason).transpose()?,
                    force_logout_scheduled: self.force_logout_scheduled,
                },
                username,
                email,
                role: Role::from_flags(self.is_staff == Some(true), self.is_superuser == Some(true)),
                date_joined,
                last_login: self.last_login,
                force_logout_user_reason: self.force_logout_user_reason,
                scheduled_user_reason: self.force_logout_scheduled_user_reason,
                deactivated_user_reason: self.deactivated_user_reason,
                attacked_at: self.attacked_at,
            })),
            _ => None,
        };
        Ok(LoginStanding { now, account, site, site_user_reason: self.site_user_reason.map(Arc::from), login })
    }
}
