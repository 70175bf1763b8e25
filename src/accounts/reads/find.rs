//! What the finder of the staff pages finds.

use std::collections::HashMap;

use crate::{
    accounts::{Accounts, ListedLogin, LoginCounts, Result, locked::ReadAccount},
    domain::{lists::finder_query::FinderQuery, moment::Moment, people::role::Role, standing::SiteStanding},
    store::{
        Connection,
        lists::users::find_user_ids,
        logins::find_login,
        site::get_site,
        users::{User, find_user, find_user_by_name, list_users_by_id},
    },
};

/// At most this many users are found.
const MOST_USERS: usize = 8;

/// What the finder has found.
#[derive(Debug)]
pub struct Found {
    /// The users, at most eight, the best match first.
    pub users: Vec<FoundUser>,
    /// Whether more users match.
    pub more_users: bool,
    /// The id of the only user whose username, email or id is exactly the text.
    pub exact: Option<i64>,
    /// The session or token whose id is the text.
    pub login: Option<FoundLogin>,
    /// The time of the read.
    pub now: Moment,
}

/// A user, and how many live logins the account has.
#[derive(Debug)]
pub struct FoundUser {
    /// The account.
    pub user: User,
    /// The live sessions and tokens that a force logout would end now.
    pub live: LoginCounts,
}

/// A session or token. There is no user if the account was deleted.
#[derive(Debug)]
pub struct FoundLogin {
    /// The login.
    pub login: ListedLogin,
    /// The account.
    pub user: Option<User>,
}

impl Accounts {
    /// Finds users by a part of their names or by their id, and a login by its id.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn find(&self, query: &FinderQuery) -> Result<Found> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = get_site(&mut on).await?.standing();
        let mut ids = exact_matches(&mut on, query).await?;
        let exact = if let [id] = ids[..] { Some(id) } else { None };
        let most = i64::try_from(MOST_USERS + 1).unwrap_or(i64::MAX);
        for id in find_user_ids(&mut on, &query.search, most).await? {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let more_users = ids.len() > MOST_USERS;
        ids.truncate(MOST_USERS);
        let mut read: HashMap<i64, User> =
            list_users_by_id(&mut on, &ids).await?.into_iter().map(|user| (user.id, user)).collect();
        let mut users = Vec::new();
        for user in ids.iter().filter_map(|id| read.remove(id)) {
            let account = ReadAccount { user, site, now };
            let live = self.count_logins(&mut on, &account, account.force_logout_date_now()).await?;
            users.push(FoundUser { user: account.user, live });
        }
        let login = self.find_listed_login(&mut on, query, (&site, now)).await?;
        Ok(Found { users, more_users, exact, login, now })
    }

    async fn find_listed_login(
        &self,
        on: &mut Connection,
        query: &FinderQuery,
        (site, now): (&SiteStanding, Moment),
    ) -> Result<Option<FoundLogin>> {
        let Some(id) = &query.login else { return Ok(None) };
        let Some(row) = find_login(on, id).await? else { return Ok(None) };
        let user = find_user(on, row.user_id).await?;
        let standing = user.as_ref().map(|user| user.standing(now)).transpose()?;
        let limits = self.settings.limits(user.as_ref().map_or(Role::Member, User::role));
        let login = self.judged(row, standing.as_ref(), site, limits, now)?;
        Ok(Some(FoundLogin { login, user }))
    }
}

/// The ids of the users whose username, email or id is exactly the text: none, one or two.
async fn exact_matches(on: &mut Connection, query: &FinderQuery) -> Result<Vec<i64>> {
    let named = match &query.name {
        Some(name) => find_user_by_name(on, name).await?,
        None => None,
    };
    let numbered = match query.user_id {
        Some(id) => find_user(on, id).await?,
        None => None,
    };
    let mut ids: Vec<i64> = named.into_iter().chain(numbered).map(|user| user.id).collect();
    ids.dedup();
    Ok(ids)
}
