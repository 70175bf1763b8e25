//! Accounts: the rows of `curfew_users`.

mod ending_dates;
mod names;
pub mod presence;
mod reserved;

use sqlx::QueryBuilder;

use super::{
    Result, Sql,
    engine::{
        Engine, dialect::Dialect, execute, fetch_one, fetch_optional, from_row::from_row, on_engine, with_timeout,
    },
    logins::stored::parse_reason,
    standing::is_active,
};
use crate::domain::{
    moment::Moment,
    people::{login_key::login_key, login_name::LoginName, role::Role},
    reason::EndReason,
    standing::Standing,
};
pub use ending_dates::{
    clear_force_logout_scheduled, list_due_users, set_active, set_force_logout_date, set_force_logout_scheduled,
    set_inactive,
};
pub use names::{NameClash, NewUser, find_name_clash, find_name_owner, insert_user, set_email};

/// What is stored instead of a hash while an account has no password. No password matches it.
pub const NO_PASSWORD: &str = "none";

/// A row of `curfew_users`.
#[derive(Debug, Clone)]
pub struct User {
    /// The id. Never reused.
    pub id: i64,
    /// The username.
    pub username: String,
    /// The email.
    pub email: String,
    /// When the user proved that the email is theirs.
    pub email_verified_at: Option<Moment>,
    /// A new email that waits until its own letter is confirmed.
    pub pending_email: Option<String>,
    /// When the owner said that somebody else set the email. No letter goes there since.
    pub email_distrusted_at: Option<Moment>,
    /// `bcrypt_hmac_sha256$KEY$$2b$…`, or `bcrypt_sha256$$2b$…`
    pub password_hash: String,
    /// How often the password was changed.
    pub password_version: i64,
    /// Since when browsers and programs count as used by the account.
    pub known_from: Option<Moment>,
    /// The version of the password then.
    pub known_from_version: i64,
    is_active: bool,
    is_staff: bool,
    is_superuser: bool,
    /// When the account was created.
    pub date_joined: Moment,
    /// The time of the latest login, by the site's clock.
    pub last_login: Option<Moment>,
    /// The latest `LAST_LOGIN_DATE`. A force logout must not be dated before it.
    pub last_login_date: Option<Moment>,
    /// The time of the latest request, accurate to a minute.
    pub last_seen: Option<Moment>,
    /// Ends every login of the account dated at or before it.
    pub force_logout_date: Option<Moment>,
    force_logout_cause: Option<String>,
    /// Its reason for staff.
    pub force_logout_staff_reason: Option<String>,
    /// Its reason for the user.
    pub force_logout_user_reason: Option<String>,
    /// When the next force logout is scheduled.
    pub force_logout_scheduled: Option<Moment>,
    /// Who scheduled it.
    pub force_logout_scheduled_by: Option<String>,
    /// Its reason for staff.
    pub force_logout_scheduled_staff_reason: Option<String>,
    /// Its reason for the user.
    pub force_logout_scheduled_user_reason: Option<String>,
    /// When the deactivation ends by itself.
    pub deactivated_until: Option<Moment>,
    /// Its reason for staff.
    pub deactivated_staff_reason: Option<String>,
    /// Its reason for the user.
    pub deactivated_user_reason: Option<String>,
}

from_row!(User {
    id,
    username,
    email,
    email_verified_at,
    pending_email,
    email_distrusted_at,
    password_hash,
    password_version,
    known_from,
    known_from_version,
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

/// `select_users!("curfew_users WHERE …")` selects [`User`]s. It names each column, because a statement with `*`
/// that Postgres has prepared fails permanently once the next version adds a column.
macro_rules! select_users {
    ($from:literal) => {
        concat!(
            "SELECT curfew_users.id, username, email, email_verified_at, pending_email, email_distrusted_at, password_hash,
                    password_version, known_from, known_from_version, is_active, is_staff, is_superuser, date_joined, last_login, last_login_date, last_seen,
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
    /// The account's role.
    #[must_use]
    pub const fn role(&self) -> Role {
        Role::from_flags(self.is_staff, self.is_superuser)
    }

    /// Whether the account has a password: it has none after "This wasn't me", until the user chooses one.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.password_hash != NO_PASSWORD
    }

    /// Whether the user may log in at `now`.
    #[must_use]
    pub fn is_active_at(&self, now: Moment) -> bool {
        is_active(self.is_active, self.deactivated_until, now)
    }

    /// Whether the row still holds a deactivation that is over by `now`.
    #[must_use]
    pub fn has_expired_deactivation(&self, now: Moment) -> bool {
        !self.is_active && self.is_active_at(now)
    }

    /// The account's standing at `now`, for the rule.
    ///
    /// # Errors
    /// Returns an error if the stored cause of the force logout is unknown.
    pub fn standing(&self, now: Moment) -> Result<Standing> {
        Ok(Standing {
            user_id: self.id,
            is_active: self.is_active_at(now),
            force_logout_date: self.force_logout_date,
            force_logout_cause: self.force_logout_cause()?,
            force_logout_scheduled: self.force_logout_scheduled,
        })
    }

    /// What set the force-logout date.
    ///
    /// # Errors
    /// Returns an error if the stored code is unknown.
    pub fn force_logout_cause(&self) -> Result<Option<EndReason>> {
        self.force_logout_cause.as_deref().map(parse_reason).transpose()
    }
}

/// Finds the account with this id.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_user(on: &mut dyn Sql, id: i64) -> Result<Option<User>> {
    Ok(fetch_optional!(on, User, select_users!("curfew_users WHERE id = $1"), id)?)
}

/// Finds the account with this username or email.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_user_by_name(on: &mut dyn Sql, name: &LoginName) -> Result<Option<User>> {
    let sql =
        select_users!("curfew_login_names n JOIN curfew_users ON curfew_users.id = n.user_id WHERE name_key = $1");
    Ok(fetch_optional!(on, User, sql, name.key())?)
}

/// Finds the id of the account with this email. A username that looks like the address does not count.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_user_by_email(on: &mut dyn Sql, address: &str) -> Result<Option<i64>> {
    let key = login_key(address);
    let sql =
        select_users!("curfew_login_names n JOIN curfew_users ON curfew_users.id = n.user_id WHERE name_key = $1");
    let found: Option<User> = fetch_optional!(on, User, sql, &key)?;
    Ok(found.filter(|user| login_key(&user.email) == key).map(|user| user.id))
}

/// Lists the accounts with these ids, in no order.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_users_by_id(on: &mut dyn Sql, ids: &[i64]) -> Result<Vec<User>> {
    fn statement<DB: Dialect>(ids: &[i64]) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(select_users!("curfew_users WHERE id"));
        DB::push_is_one_of(&mut sql, ids);
        sql
    }
    Ok(on_engine!(on, |c| with_timeout(statement(ids).build_query_as().fetch_all(c)).await)?)
}

/// Finds the account and locks it until the transaction ends.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn lock_user(on: &mut dyn Sql, id: i64) -> Result<Option<User>> {
    // On SQLite a transaction is the only writer from its start.
    #[cfg(feature = "postgres")]
    if let Engine::Postgres(connection) = on.engine()? {
        let lock = sqlx::query("SELECT 1 FROM curfew_users WHERE id = $1 FOR UPDATE").bind(id);
        with_timeout(lock.execute(connection)).await?;
    }
    find_user(on, id).await
}

/// Changes the account's password. Browsers that are known to the account become unknown.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_password(on: &mut dyn Sql, id: i64, hash: &str) -> Result<()> {
    let sql = "UPDATE curfew_users SET password_hash = $2, password_version = password_version + 1 WHERE id = $1";
    execute!(on, sql, id, hash)?;
    Ok(())
}

/// Changes the account's password for somebody who could not prove the old one: others may have known that. Browsers and
/// programs that were used with it count as new to the account. Returns the version of the new password.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn reset_password(on: &mut dyn Sql, id: i64, hash: &str, at: Moment) -> Result<i64> {
    set_password(on, id, hash).await?;
    let sql = "UPDATE curfew_users SET known_from = $2, known_from_version = password_version WHERE id = $1
               RETURNING password_version";
    let (version,) = fetch_one!(on, (i64,), sql, id, at)?;
    Ok(version)
}

/// Replaces the hash of the same password.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_password_hash(on: &mut dyn Sql, id: i64, hash: &str) -> Result<()> {
    execute!(on, "UPDATE curfew_users SET password_hash = $2 WHERE id = $1", id, hash)?;
    Ok(())
}

/// Changes the account's role.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_role(on: &mut dyn Sql, id: i64, role: Role) -> Result<()> {
    let sql = "UPDATE curfew_users SET is_staff = $2, is_superuser = $3 WHERE id = $1";
    execute!(on, sql, id, role.is_staff(), role.is_superuser())?;
    Ok(())
}

/// Records a login of the account. `last_login_date` never moves back. Returns the version of the account's password.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_last_login(on: &mut dyn Sql, id: i64, login_date: Moment, opened_at: Moment) -> Result<i64> {
    // A clock that stepped back must not hide the previous login from the next force logout.
    let sql = "
        UPDATE curfew_users SET last_login_date = CASE WHEN last_login_date > $2 THEN last_login_date ELSE $2 END,
               last_login = $3, last_seen = $3
        WHERE id = $1 RETURNING password_version";
    let (version,) = fetch_one!(on, (i64,), sql, id, login_date, opened_at)?;
    Ok(version)
}

/// Raises the latest `LAST_LOGIN_DATE` of the account, so that the next force logout is dated at or after it. For a
/// link, which the rule orders as a login.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn raise_last_login_date(on: &mut dyn Sql, id: i64, login_date: Moment) -> Result<()> {
    let sql = "
        UPDATE curfew_users SET last_login_date = $2
        WHERE id = $1 AND (last_login_date IS NULL OR last_login_date < $2)";
    execute!(on, sql, id, login_date)?;
    Ok(())
}

/// Records that the user proved that the account's email is theirs, unless that is on record.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_email_verified(on: &mut dyn Sql, id: i64, at: Moment) -> Result<()> {
    execute!(on, "UPDATE curfew_users SET email_verified_at = $2 WHERE id = $1 AND email_verified_at IS NULL", id, at)?;
    Ok(())
}

/// Sets or clears the new email that waits for its own letter.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_pending_email(on: &mut dyn Sql, id: i64, email: Option<&str>) -> Result<()> {
    execute!(on, "UPDATE curfew_users SET pending_email = $2 WHERE id = $1", id, email)?;
    Ok(())
}

/// Records that somebody else set the account's email, as its owner says. [`set_email`] ends this.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_email_distrusted(on: &mut dyn Sql, id: i64, at: Moment) -> Result<()> {
    execute!(on, "UPDATE curfew_users SET email_distrusted_at = $2 WHERE id = $1", id, at)?;
    Ok(())
}

/// Records that strangers guess the account's password, unless that was recorded after `not_after`. Returns whether it
/// was recorded now.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_attacked_at(on: &mut dyn Sql, id: i64, at: Moment, not_after: Moment) -> Result<bool> {
    let sql = "UPDATE curfew_users SET attacked_at = $2 WHERE id = $1 AND (attacked_at IS NULL OR attacked_at <= $3)";
    Ok(execute!(on, sql, id, at, not_after)? > 0)
}

/// Deletes the account and its names.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_user(on: &mut dyn Sql, id: i64) -> Result<()> {
    execute!(on, "DELETE FROM curfew_login_names WHERE user_id = $1", id)?;
    execute!(on, "DELETE FROM curfew_name_skeletons WHERE user_id = $1", id)?;
    execute!(on, "DELETE FROM curfew_users WHERE id = $1", id)?;
    Ok(())
}

/// Counts the active superusers other than this account. If a change depends on the count, call
/// [`super::site::lock_site`] first: otherwise two superusers could remove each other at the same time.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_other_superusers(on: &mut dyn Sql, id: i64) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM curfew_users WHERE is_superuser AND is_active AND id <> $1";
    let (count,): (i64,) = fetch_one!(on, (i64,), sql, id)?;
    Ok(count)
}

/// Whether any account is a superuser.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn has_superuser(on: &mut dyn Sql) -> Result<bool> {
    let found: Option<(i64,)> = fetch_optional!(on, (i64,), "SELECT id FROM curfew_users WHERE is_superuser LIMIT 1")?;
    Ok(found.is_some())
}

/// Lists at most `limit` accounts after this username key, ordered by it. For the command line.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_users_after(on: &mut dyn Sql, after_key: &str, limit: i64) -> Result<Vec<User>> {
    let sql = select_users!("curfew_users WHERE username_key > $1 ORDER BY username_key LIMIT $2");
    Ok(super::engine::fetch_all!(on, User, sql, after_key, limit)?)
}
