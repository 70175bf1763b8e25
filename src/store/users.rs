//! Accounts.

mod standing;

use std::collections::BTreeSet;

pub use self::standing::{
    clear_force_logout_scheduled, set_active, set_force_logout_date, set_force_logout_scheduled, set_inactive,
};
use super::{
    Result, Sql, StoreError,
    engine::{Engine, execute, fetch_one, fetch_optional},
    standing::{is_active, parse_reason},
};
use crate::domain::{
    email::Email, moment::Moment, reason::EndReason, role::Role, standing::Standing, username::Username,
};

/// An account as it is kept.
#[derive(Debug, Clone, sqlx::FromRow)]
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
    /// Its latest login: no later force logout may be dated before it.
    pub last_login: Option<Moment>,
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

/// `select_users!("users WHERE …")`: [`User`]s. Each column has its name there: a statement that
/// Postgres has prepared fails for ever when the next version adds a column to `*`.
macro_rules! select_users {
    ($from:literal) => {
        concat!(
            "SELECT users.id, username, email, password_hash, is_active, is_staff, is_superuser, date_joined,
                    last_login, last_seen, force_logout_date, force_logout_cause, force_logout_staff_reason,
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

/// What a new account starts with.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// Its name.
    pub username: &'a Username,
    /// Its address.
    pub email: &'a Email,
    /// The hash of its password.
    pub password_hash: &'a str,
    /// What it may do.
    pub role: Role,
    /// When it is made.
    pub date_joined: Moment,
}

/// Whose name or email stands in the way of a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameClash {
    /// The username is another's username or email.
    Username,
    /// The email is another's email or username.
    Email,
}

/// The account of that number.
///
/// # Errors
/// When the database does not answer.
pub async fn find_user(on: &mut impl Sql, id: i64) -> Result<Option<User>> {
    Ok(fetch_optional!(on, User, select_users!("users WHERE id = $1"), id)?)
}

/// The account whose username or email has that comparison key.
///
/// # Errors
/// When the database does not answer.
pub async fn find_user_by_name(on: &mut impl Sql, name_key: &str) -> Result<Option<User>> {
    let sql = select_users!("login_names JOIN users ON users.id = login_names.user_id WHERE name_key = $1");
    Ok(fetch_optional!(on, User, sql, name_key)?)
}

/// The account of that number, which nobody else can change until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_user(on: &mut impl Sql, id: i64) -> Result<Option<User>> {
    // A transaction on SQLite is the only writer from its beginning.
    if let Engine::Postgres(connection) = on.engine() {
        sqlx::query("SELECT 1 FROM users WHERE id = $1 FOR UPDATE").bind(id).execute(connection).await?;
    }
    find_user(on, id).await
}

/// Which of the two is taken by somebody else than `own_id`, if any.
///
/// # Errors
/// When the database does not answer.
pub async fn find_name_clash(
    on: &mut impl Sql,
    own_id: Option<i64>,
    username: Option<&Username>,
    email: Option<&Email>,
) -> Result<Option<NameClash>> {
    let names = [(username.map(Username::key), NameClash::Username), (email.map(Email::key), NameClash::Email)];
    for (key, clash) in names {
        let Some(key) = key else { continue };
        let owner: Option<(i64,)> =
            fetch_optional!(on, (i64,), "SELECT user_id FROM login_names WHERE name_key = $1", &key)?;
        if owner.is_some_and(|(id,)| Some(id) != own_id) {
            return Ok(Some(clash));
        }
    }
    Ok(None)
}

/// Makes an account and returns its number. Where a name is taken it leaves nothing behind, and the
/// transaction can go on.
///
/// # Errors
/// [`StoreError::Taken`] when its username or email is anybody's; when the database does not answer.
pub async fn insert_user(on: &mut impl Sql, new: &NewUser<'_>) -> Result<i64> {
    let sql = "
        INSERT INTO users (username, username_key, email, email_key, password_hash, is_active, is_staff, is_superuser, date_joined)
        VALUES ($1, $2, $3, $4, $5, TRUE, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id";
    let made: Option<(i64,)> = fetch_optional!(
        on,
        (i64,),
        sql,
        new.username.as_str(),
        new.username.key(),
        new.email.as_str(),
        new.email.key(),
        new.password_hash,
        new.role.is_staff(),
        new.role.is_superuser(),
        new.date_joined,
    )?;
    let (id,) = made.ok_or(StoreError::Taken)?;
    // In one order for everyone: two whose usernames are each other's emails would wait for each other.
    let keys = BTreeSet::from([new.username.key(), new.email.key()]);
    for key in &keys {
        if !insert_login_name(on, id, key).await? {
            delete_user(on, id).await?;
            return Err(StoreError::Taken);
        }
    }
    Ok(id)
}

/// Says whether the name was free.
async fn insert_login_name(on: &mut impl Sql, user_id: i64, key: &str) -> Result<bool> {
    let sql = "INSERT INTO login_names (name_key, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Ok(execute!(on, sql, key, user_id)? > 0)
}

/// Gives the account another email.
///
/// # Errors
/// [`StoreError::Taken`] when it is anybody else's; when the database does not answer.
pub async fn set_email(on: &mut impl Sql, user: &User, email: &Email) -> Result<()> {
    let username_key = crate::domain::text::comparison_key(&user.username);
    execute!(on, "UPDATE users SET email = $2, email_key = $3 WHERE id = $1", user.id, email.as_str(), email.key())?;
    execute!(on, "DELETE FROM login_names WHERE user_id = $1 AND name_key <> $2", user.id, &username_key)?;
    if email.key() != username_key && !insert_login_name(on, user.id, &email.key()).await? {
        return Err(StoreError::Taken);
    }
    Ok(())
}

/// Gives the account another password.
///
/// # Errors
/// When the database does not answer.
pub async fn set_password_hash(on: &mut impl Sql, id: i64, hash: &str) -> Result<()> {
    execute!(on, "UPDATE users SET password_hash = $2 WHERE id = $1", id, hash)?;
    Ok(())
}

/// Gives the account another role.
///
/// # Errors
/// When the database does not answer.
pub async fn set_role(on: &mut impl Sql, id: i64, role: Role) -> Result<()> {
    let sql = "UPDATE users SET is_staff = $2, is_superuser = $3 WHERE id = $1";
    execute!(on, sql, id, role.is_staff(), role.is_superuser())?;
    Ok(())
}

/// Notes a login; `last_login` never moves back.
///
/// # Errors
/// When the database does not answer.
pub async fn set_last_login(on: &mut impl Sql, id: i64, login_date: Moment) -> Result<()> {
    // A clock that stepped back must not hide the login before from the next force logout.
    let sql = "
        UPDATE users SET last_login = CASE WHEN last_login > $2 THEN last_login ELSE $2 END, last_seen = $2
        WHERE id = $1";
    execute!(on, sql, id, login_date)?;
    Ok(())
}

/// Removes the account and its names.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_user(on: &mut impl Sql, id: i64) -> Result<()> {
    execute!(on, "DELETE FROM login_names WHERE user_id = $1", id)?;
    execute!(on, "DELETE FROM users WHERE id = $1", id)?;
    Ok(())
}

/// How many active superusers there are besides that account. Takes [`super::site::lock_site`]
/// first where the answer decides over a change, so that two cannot both leave the other as the last.
///
/// # Errors
/// When the database does not answer.
pub async fn count_other_superusers(on: &mut impl Sql, id: i64) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM users WHERE is_superuser AND is_active AND id <> $1";
    let (count,): (i64,) = fetch_one!(on, (i64,), sql, id)?;
    Ok(count)
}

/// Whether anybody is a superuser.
///
/// # Errors
/// When the database does not answer.
pub async fn has_superuser(on: &mut impl Sql) -> Result<bool> {
    let found: Option<(i64,)> = fetch_optional!(on, (i64,), "SELECT id FROM users WHERE is_superuser LIMIT 1")?;
    Ok(found.is_some())
}

/// Every account, by name, `limit` after that key; for the command line.
///
/// # Errors
/// When the database does not answer.
pub async fn list_users_after(on: &mut impl Sql, after_key: &str, limit: i64) -> Result<Vec<User>> {
    let sql = select_users!("users WHERE username_key > $1 ORDER BY username_key LIMIT $2");
    Ok(super::engine::fetch_all!(on, User, sql, after_key, limit)?)
}
