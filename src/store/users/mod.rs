//! Accounts.

mod names;
pub mod presence;
mod standing;

use super::{
    Result, Sql,
    engine::{Engine, execute, fetch_one, fetch_optional, from_row::from_row, in_time},
    standing::{is_active, parse_reason},
};
use crate::domain::{
    moment::Moment,
    people::{login_name::LoginName, role::Role},
    reason::EndReason,
    standing::Standing,
};
pub use names::{NameClash, NewUser, find_name_clash, insert_user, set_email};
pub use standing::{
    clear_force_logout_scheduled, list_due_users, set_active, set_force_logout_date, set_force_logout_scheduled,
    set_inactive,
};

/// An account as it is kept.
#[derive(Debug, Clone)]
pub struct User {
    /// Its number, never given twice.
    pub id: i64,
    /// Its name.
    pub username: String,
    /// Its address.
    pub email: String,
    /// `bcrypt_sha256$$2b$…`
    pub password_hash: String,
    is_active: bool,
    is_staff: bool,
    is_superuser: bool,
    /// Since when it exists.
    pub date_joined: Moment,
    /// When its latest login was made, by the clock.
    pub last_login: Option<Moment>,
    /// The latest `LAST_LOGIN_DATE`: no later force logout may be dated before it.
    pub last_login_date: Option<Moment>,
    /// Its latest request, within a minute.
    pub last_seen: Option<Moment>,
    /// Logins made then or before are out.
    pub force_logout_date: Option<Moment>,
    force_logout_cause: Option<String>,
    /// Why, for staff.
    pub force_logout_staff_reason: Option<String>,
    /// Why, for the user.
    pub force_logout_user_reason: Option<String>,
    /// A force logout to come.
    pub force_logout_scheduled: Option<Moment>,
    /// Who planned it.
    pub force_logout_scheduled_by: Option<String>,
    /// Why, for staff.
    pub force_logout_scheduled_staff_reason: Option<String>,
    /// Why, for the user.
    pub force_logout_scheduled_user_reason: Option<String>,
    /// When a deactivation ends by itself.
    pub deactivated_until: Option<Moment>,
    /// Why, for staff.
    pub deactivated_staff_reason: Option<String>,
    /// Why, for the user.
    pub deactivated_user_reason: Option<String>,
}

from_row!(User {
    id,
    username,
    email,
    password_hash,
    is_active,
    is_staff,
    is_superuser,
    date_joined,
    last_login,
    last_login_date,
    last_seen,
    force_logout_date,
    force_logout_cause,
    force_logout_staff_reason,
    force_logout_user_reason,
    force_logout_scheduled,
    force_logout_scheduled_by,
    force_logout_scheduled_staff_reason,
    force_logout_scheduled_user_reason,
    deactivated_until,
    deactivated_staff_reason,
    deactivated_user_reason
});

/// `select_users!("curfew_users WHERE …")`: [`User`]s. Each column has its name there: a statement that
/// Postgres has prepared fails for ever when the next version adds a column to `*`.
macro_rules! select_users {
    ($from:literal) => {
        concat!(
            "SELECT curfew_users.id, username, email, password_hash, is_active, is_staff, is_superuser, date_joined,
                    last_login, last_login_date, last_seen,
                    force_logout_date, force_logout_cause, force_logout_staff_reason,
                    force_logout_user_reason, force_logout_scheduled, force_logout_scheduled_by,
                    force_logout_scheduled_staff_reason, force_logout_scheduled_user_reason, deactivated_until,
                    deactivated_staff_reason, deactivated_user_reason
             FROM ",
            $from
        )
    };
}

impl User {
    /// What it may do.
    #[must_use]
    pub const fn role(&self) -> Role {
        Role::from_flags(self.is_staff, self.is_superuser)
    }

    /// Whether its person may log in at that moment.
    #[must_use]
    pub fn is_active_at(&self, now: Moment) -> bool {
        is_active(self.is_active, self.deactivated_until, now)
    }

    /// Whether a deactivation stands in its row that is over by now.
    #[must_use]
    pub fn has_served_its_deactivation(&self, now: Moment) -> bool {
        !self.is_active && self.is_active_at(now)
    }

    /// What the rule asks of it.
    ///
    /// # Errors
    /// When the word for what set its date is no reason.
    pub fn standing(&self, now: Moment) -> Result<Standing> {
        Ok(Standing {
            user_id: self.id,
            is_active: self.is_active_at(now),
            force_logout_date: self.force_logout_date,
            force_logout_cause: self.force_logout_cause()?,
            force_logout_scheduled: self.force_logout_scheduled,
        })
    }

    /// What set its force-logout date.
    ///
    /// # Errors
    /// When the word in the row is no reason.
    pub fn force_logout_cause(&self) -> Result<Option<EndReason>> {
        self.force_logout_cause.as_deref().map(parse_reason).transpose()
    }
}

/// The account of that number.
///
/// # Errors
/// When the database does not answer.
pub async fn find_user(on: &mut impl Sql, id: i64) -> Result<Option<User>> {
    Ok(fetch_optional!(on, User, select_users!("curfew_users WHERE id = $1"), id)?)
}

/// The account whose username or email that is.
///
/// # Errors
/// When the database does not answer.
pub async fn find_user_by_name(on: &mut impl Sql, name: &LoginName) -> Result<Option<User>> {
    let sql =
        select_users!("curfew_login_names n JOIN curfew_users ON curfew_users.id = n.user_id WHERE name_key = $1");
    for key in name.keys() {
        if let Some(user) = fetch_optional!(on, User, sql, key)? {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

/// The account of that number, which nobody else can change until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_user(on: &mut impl Sql, id: i64) -> Result<Option<User>> {
    // A transaction on SQLite is the only writer from its beginning.
    if let Engine::Postgres(connection) = on.engine() {
        let lock = sqlx::query("SELECT 1 FROM curfew_users WHERE id = $1 FOR UPDATE").bind(id);
        in_time(lock.execute(connection)).await?;
    }
    find_user(on, id).await
}

/// Gives the account another password.
///
/// # Errors
/// When the database does not answer.
pub async fn set_password_hash(on: &mut impl Sql, id: i64, hash: &str) -> Result<()> {
    execute!(on, "UPDATE curfew_users SET password_hash = $2 WHERE id = $1", id, hash)?;
    Ok(())
}

/// Gives the account another role.
///
/// # Errors
/// When the database does not answer.
pub async fn set_role(on: &mut impl Sql, id: i64, role: Role) -> Result<()> {
    let sql = "UPDATE curfew_users SET is_staff = $2, is_superuser = $3 WHERE id = $1";
    execute!(on, sql, id, role.is_staff(), role.is_superuser())?;
    Ok(())
}

/// Notes a login; its date, `last_login_date`, never moves back.
///
/// # Errors
/// When the database does not answer.
pub async fn set_last_login(on: &mut impl Sql, id: i64, login_date: Moment, opened_at: Moment) -> Result<()> {
    // A clock that stepped back must not hide the login before from the next force logout.
    let sql = "
        UPDATE curfew_users SET last_login_date = CASE WHEN last_login_date > $2 THEN last_login_date ELSE $2 END,
               last_login = $3, last_seen = $3
        WHERE id = $1";
    execute!(on, sql, id, login_date, opened_at)?;
    Ok(())
}

/// Removes the account and its names.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_user(on: &mut impl Sql, id: i64) -> Result<()> {
    execute!(on, "DELETE FROM curfew_login_names WHERE user_id = $1", id)?;
    execute!(on, "DELETE FROM curfew_users WHERE id = $1", id)?;
    Ok(())
}

/// How many active superusers there are besides that account. Takes [`super::site::lock_site`]
/// first where the answer decides over a change, so that two cannot both leave the other as the last.
///
/// # Errors
/// When the database does not answer.
pub async fn count_other_superusers(on: &mut impl Sql, id: i64) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM curfew_users WHERE is_superuser AND is_active AND id <> $1";
    let (count,): (i64,) = fetch_one!(on, (i64,), sql, id)?;
    Ok(count)
}

/// Whether anybody is a superuser.
///
/// # Errors
/// When the database does not answer.
pub async fn has_superuser(on: &mut impl Sql) -> Result<bool> {
    let found: Option<(i64,)> = fetch_optional!(on, (i64,), "SELECT id FROM curfew_users WHERE is_superuser LIMIT 1")?;
    Ok(found.is_some())
}

/// Every account, by name, `limit` after that key; for the command line.
///
/// # Errors
/// When the database does not answer.
pub async fn list_users_after(on: &mut impl Sql, after_key: &str, limit: i64) -> Result<Vec<User>> {
    let sql = select_users!("curfew_users WHERE username_key > $1 ORDER BY username_key LIMIT $2");
    Ok(super::engine::fetch_all!(on, User, sql, after_key, limit)?)
}
