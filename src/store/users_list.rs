//! The staff's list of users.

use super::{Result, Sql, standing::is_active};
use crate::domain::{moment::Moment, role::Role, users_query::UsersQuery};

/// A user in the list.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ListedUser {
    pub id: i64,
    pub username: String,
    pub email: String,
    is_active: bool,
    is_staff: bool,
    is_superuser: bool,
    pub deactivated_until: Option<Moment>,
    pub force_logout_scheduled: Option<Moment>,
    pub date_joined: Moment,
    pub last_login: Option<Moment>,
    pub last_seen: Option<Moment>,
}
impl ListedUser {
    pub fn role(&self) -> Role {
        Role::from_flags(self.is_staff, self.is_superuser)
    }
    pub fn is_active_at(&self, now: Moment) -> bool {
        is_active(self.is_active, self.deactivated_until, now)
    }
}
pub struct UsersPage {
    pub users: Vec<ListedUser>,
    pub total: i64,
    pub total_is_minimum: bool,
    pub has_next: bool,
}
pub async fn list_users(on: &mut impl Sql, query: &UsersQuery, _now: Moment) -> Result<UsersPage> {
    let q = format!("%{}%", query.search.as_ref().map_or("", |s| s.key()));
    let users = super::engine::fetch_all!(
        on,
        ListedUser,
        "SELECT * FROM users WHERE username_key LIKE $1 ORDER BY username_key LIMIT 25",
        &q
    )?;
    Ok(UsersPage { total: users.len() as i64, users, total_is_minimum: false, has_next: false })
}
