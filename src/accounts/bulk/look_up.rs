//! Looks up a pasted list of names, and stores the users found for a bulk action.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    hash::Hash,
};

use crate::{
    accounts::{Accounts, AccountsError, Actor, Result},
    domain::{lists::pasted_names::PastedName, logins::public_id::PublicId},
    store::lists::named::{KnownUser, list_ids_by_login_key, list_known_users},
};

/// What became of the names of a list. Each name is in exactly one of the first four lists.
#[derive(Debug, Default)]
pub struct LookedUp<'t> {
    /// The users that the actor may act on, in the order of the list.
    pub found: Vec<FoundName<'t>>,
    /// The users that they may not act on.
    pub out_of_reach: Vec<FoundName<'t>>,
    /// The names that no account has.
    pub unknown: Vec<PastedName<'t>>,
    /// The names with the same user or text as an earlier name, and that name's line.
    pub repeated: Vec<(PastedName<'t>, usize)>,
    /// The stored list of the users found. `None` if there are none.
    pub list: Option<PublicId>,
}

/// A name of a list, and the user who has it.
#[derive(Debug, Clone)]
pub struct FoundName<'t> {
    /// The name.
    pub name: PastedName<'t>,
    /// The user.
    pub user: KnownUser,
}

impl Accounts {
    /// Looks up the users with these names, by the rules of the login form, and stores those that the actor may act on. A
    /// number is an id if no account has it as its username.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::Ended`], [`AccountsError::Forbidden`], or a database error.
    pub async fn look_up_names<'t>(&self, actor: &Actor, names: &[PastedName<'t>]) -> Result<LookedUp<'t>> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let role = self.must_be_live(&mut on, actor, now).await?;
        if !role.is_staff() {
            return Err(AccountsError::Forbidden);
        }
        let keys: Vec<Option<String>> = names.iter().map(PastedName::key).collect();
        let distinct: Vec<String> = keys.iter().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let by_key: HashMap<String, i64> = list_ids_by_login_key(&mut on, &distinct).await?.into_iter().collect();
        let id_of = |(name, key): (&PastedName<'_>, &Option<String>)| {
            key.as_ref().and_then(|key| by_key.get(key).copied()).or_else(|| name.id())
        };
        let ids: Vec<Option<i64>> = names.iter().zip(&keys).map(id_of).collect();
        let distinct: Vec<i64> = ids.iter().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let users = list_known_users(&mut on, &distinct).await?;
        drop(on);
        let users: BTreeMap<i64, KnownUser> = users.into_iter().map(|user| (user.id, user)).collect();
        let mut looked_up = LookedUp::default();
        let (mut lines, mut unknown_lines) = (HashMap::new(), HashMap::new());
        for ((name, key), id) in names.iter().zip(keys).zip(ids) {
            let user = id.and_then(|id| users.get(&id));
            let text = key.unwrap_or_else(|| name.text.to_owned());
            let earlier = match user {
                Some(user) => first_line(&mut lines, user.id, name.line),
                None => first_line(&mut unknown_lines, text, name.line),
            };
            match (earlier, user) {
                (Some(line), _) => looked_up.repeated.push((*name, line)),
                (None, None) => looked_up.unknown.push(*name),
                (None, Some(user)) if role.may_act_on(user.role()) => {
                    looked_up.found.push(FoundName { name: *name, user: user.clone() });
                }
                (None, Some(user)) => looked_up.out_of_reach.push(FoundName { name: *name, user: user.clone() }),
            }
        }
        if !looked_up.found.is_empty() {
            let ids: Vec<i64> = looked_up.found.iter().map(|found| found.user.id).collect();
            looked_up.list = Some(self.store_user_list(&ids).await?);
        }
        Ok(looked_up)
    }
}

/// The line of an earlier name with this key. If there is none, remembers this one.
fn first_line<K: Hash + Eq>(lines: &mut HashMap<K, usize>, key: K, line: usize) -> Option<usize> {
    match lines.entry(key) {
        Entry::Occupied(earlier) => Some(*earlier.get()),
        Entry::Vacant(first) => {
            first.insert(line);
            None
        }
    }
}
