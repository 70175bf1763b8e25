//! Login names: creating an account, changing its email, and finding names that are taken.
//!
//! Every username and email has its keys in `curfew_login_names`, where each key belongs to one account. What every
//! username looks like is in `curfew_name_skeletons`, in the same way.

use std::collections::BTreeSet;

use super::{User, delete_user, reserved::is_reserved};
use crate::{
    domain::{
        moment::Moment,
        people::{email::Email, login_key::login_key, role::Role, username::Username},
    },
    store::{
        Result, Sql, StoreError,
        engine::{execute, fetch_optional},
        links::end_links_of_email,
    },
};

/// A new account.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// The username.
    pub username: &'a Username,
    /// The email.
    pub email: &'a Email,
    /// The hash of the password.
    pub password_hash: &'a str,
    /// The role.
    pub role: Role,
    /// When the account is created.
    pub date_joined: Moment,
    /// Whether the email counts as the user's without a letter.
    pub is_verified: bool,
}

/// Which of two new names is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameClash {
    /// The username is another account's username or email.
    Username,
    /// The email is another account's email or username.
    Email,
    /// The username looks like another account's username.
    LookAlike,
}

/// Finds which of the two names belongs to an account other than `own_id`, or looks like its username, if any. An
/// address that such an account may take back with a link belongs to it too.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_name_clash(
    on: &mut dyn Sql,
    own_id: Option<i64>,
    username: Option<&Username>,
    email: Option<&Email>,
    now: Moment,
) -> Result<Option<NameClash>> {
    // Before the names: an account that is committed in between must be found by its name, if that is the same.
    let looks_like_another = match username {
        Some(username) => looks_like_another(on, own_id, username).await?,
        None => false,
    };
    let names =
        [(username.map(Username::login_key), NameClash::Username), (email.map(Email::login_key), NameClash::Email)];
    for (key, clash) in names {
        let Some(key) = key else { continue };
        let is_anothers = find_name_owner(on, &key).await?.is_some_and(|id| Some(id) != own_id);
        // After the names: an account that changes its email in between still has the name, or has the link by then.
        if is_anothers || is_reserved(on, &key, own_id, now).await? {
            return Ok(Some(clash));
        }
    }
    Ok(looks_like_another.then_some(NameClash::LookAlike))
}

/// Finds the account that has this key as a username or an email.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_name_owner(on: &mut dyn Sql, key: &str) -> Result<Option<i64>> {
    let sql = "SELECT user_id FROM curfew_login_names WHERE name_key = $1";
    let owner: Option<(i64,)> = fetch_optional!(on, (i64,), sql, key)?;
    Ok(owner.map(|(id,)| id))
}

/// Whether the username looks like that of an account other than `own_id`.
async fn looks_like_another(on: &mut dyn Sql, own_id: Option<i64>, username: &Username) -> Result<bool> {
    for skeleton in username.skeletons() {
        let owner: Option<(i64,)> =
            fetch_optional!(on, (i64,), "SELECT user_id FROM curfew_name_skeletons WHERE skeleton = $1", &skeleton)?;
        if owner.is_some_and(|(id,)| Some(id) != own_id) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Creates an account and returns its id. If a name is taken, no row remains and the transaction can continue.
///
/// # Errors
/// Returns [`StoreError::Taken`] if the username or email is taken or looks like another username, or an error if the
/// database does not respond.
pub async fn insert_user(on: &mut dyn Sql, new: &NewUser<'_>) -> Result<i64> {
    let sql = "
        INSERT INTO curfew_users (username, username_key, email, email_key, password_hash, is_active, is_staff, is_superuser, date_joined, email_verified_at)
        VALUES ($1, $2, $3, $4, $5, TRUE, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id";
    let inserted: Option<(i64,)> = fetch_optional!(
        on,
        (i64,),
        sql,
        new.username.as_str(),
        new.username.key(),
        new.email.as_str(),
        new.email.search_key(),
        new.password_hash,
        new.role.is_staff(),
        new.role.is_superuser(),
        new.date_joined,
        new.is_verified.then_some(new.date_joined),
    )?;
    let (id,) = inserted.ok_or(StoreError::Taken)?;
    // In sorted order: otherwise two new accounts whose usernames are each other's emails could deadlock.
    let keys = BTreeSet::from([new.username.login_key(), new.email.login_key()]);
    for key in &keys {
        if !insert_login_name(on, id, key).await? {
            delete_user(on, id).await?;
            return Err(StoreError::Taken);
        }
    }
    for skeleton in new.username.skeletons() {
        if !insert_skeleton(on, id, &skeleton).await? {
            delete_user(on, id).await?;
            return Err(StoreError::Taken);
        }
    }
    Ok(id)
}

/// Returns whether the name was free.
async fn insert_login_name(on: &mut dyn Sql, user_id: i64, key: &str) -> Result<bool> {
    let sql = "INSERT INTO curfew_login_names (name_key, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Ok(execute!(on, sql, key, user_id)? > 0)
}

/// Returns whether no other username looks like this.
async fn insert_skeleton(on: &mut dyn Sql, user_id: i64, skeleton: &str) -> Result<bool> {
    let sql = "INSERT INTO curfew_name_skeletons (skeleton, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Ok(execute!(on, sql, skeleton, user_id)? > 0)
}

/// Changes the account's email to one that the user has proven to be theirs. No other email waits then, and the links
/// that were sent to the old one end. Must not be
/// refused because another account may take the address back: both would be the owner of one mailbox.
///
/// # Errors
/// Returns [`StoreError::Taken`] if another account has it, or an error if the database does not respond.
pub async fn set_email(on: &mut dyn Sql, user: &User, email: &Email, verified_at: Moment) -> Result<()> {
    let sql = "
        UPDATE curfew_users
        SET email = $2, email_key = $3, email_verified_at = $4, pending_email = NULL, email_distrusted_at = NULL
        WHERE id = $1";
    execute!(on, sql, user.id, email.as_str(), email.search_key(), verified_at)?;
    end_links_of_email(on, user.id, verified_at).await?;
    let (username_key, email_key) = (login_key(&user.username), email.login_key());
    let sql = "DELETE FROM curfew_login_names WHERE user_id = $1 AND name_key <> $2";
    execute!(on, sql, user.id, &username_key)?;
    if email_key != username_key && !insert_login_name(on, user.id, &email_key).await? {
        return Err(StoreError::Taken);
    }
    Ok(())
}
