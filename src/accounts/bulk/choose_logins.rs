//! Chooses the logins of a bulk action on logins, and previews it.

use std::{cmp::Reverse, collections::BTreeSet};

use crate::{
    accounts::{Accounts, Actor, LoginCounts, Result, SiteListedLogin},
    domain::{
        bulk::{BulkCounts, digest_of_logins},
        chosen_logins::{LoginsChoice, LoginsScope, MOST_CHOSEN},
        lists::logins_filter::{LoginsFilter, LoginsShown},
        logins::public_id::PublicId,
        moment::Moment,
        people::role::Role,
        period::Period,
    },
    store::{
        Sql,
        bulk::logins::{ChosenLogin, list_chosen_logins},
        lists::{
            logins::list_site_logins_with_ids,
            named::{KnownUser, list_known_users},
        },
        site::get_site,
    },
};

/// How many logins the confirmation page lists.
pub const LOGINS_LISTED: usize = 50;
/// How many staff and superusers the confirmation page names.
const STAFF_LISTED: usize = 10;

/// What a bulk action on logins would do.
#[derive(Debug)]
pub struct PreviewedLogins {
    /// The choice, bounded by the time of the preview: logins that are made later are not chosen.
    pub choice: LoginsChoice,
    /// How many logins and people it affects, and how many logins it skips. The actor's own login does not count.
    pub counts: BulkCounts,
    /// Whether it affects more logins than one action takes, and so cannot begin.
    pub is_too_many: bool,
    /// The newest of the logins that it ends, at most [`LOGINS_LISTED`].
    pub logins: Vec<SiteListedLogin>,
    /// At most ten of the staff and superusers that it affects, by id.
    pub staff: Vec<KnownUser>,
}

/// The logins that an action ends.
#[derive(Debug, Default)]
pub(super) struct ChosenLogins {
    /// Sorted by user, without the actor's own login.
    pub(super) logins: Vec<ChosenLogin>,
    /// The actor's own login, if it was chosen too.
    pub(super) own: Option<ChosenLogin>,
    pub(super) counts: BulkCounts,
    pub(super) is_too_many: bool,
}

impl Accounts {
    /// Counts exactly what a bulk action on these logins would do.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn preview_end_of_logins(
        &self,
        actor: &Actor,
        role: Role,
        choice: LoginsChoice,
    ) -> Result<PreviewedLogins> {
        self.derive_traits_before_listing().await;
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let choice = LoginsChoice { up_to: Some(choice.up_to.unwrap_or(now)), ..choice };
        let chosen = self.choose_logins(&mut on, (actor, role), &choice, now).await?;
        self.previewed_logins(&mut on, choice, chosen, now).await
    }

    /// Adds the newest of the logins and the first of the staff among their users.
    pub(super) async fn previewed_logins(
        &self,
        on: &mut dyn Sql,
        choice: LoginsChoice,
        chosen: ChosenLogins,
        now: Moment,
    ) -> Result<PreviewedLogins> {
        let ChosenLogins { mut logins, counts, is_too_many, .. } = chosen;
        let staff: BTreeSet<i64> =
            logins.iter().filter(|login| login.role().is_staff()).map(|login| login.user_id).collect();
        let staff: Vec<i64> = staff.into_iter().take(STAFF_LISTED).collect();
        logins.sort_by_key(|login| Reverse(login.opened_at));
        let newest: Vec<String> = logins.into_iter().take(LOGINS_LISTED).map(|login| login.id).collect();
        let site = get_site(on).await?.standing();
        let found = list_site_logins_with_ids(on, &newest).await?;
        let logins = found.into_iter().map(|login| self.site_listed(login, &site, now)).collect::<Result<_>>()?;
        let staff = list_known_users(on, &staff).await?;
        Ok(PreviewedLogins { choice, counts, is_too_many, logins, staff })
    }

    /// The live logins in the scope that the actor may act on, and how many are skipped.
    pub(super) async fn choose_logins(
        &self,
        on: &mut dyn Sql,
        (actor, role): (&Actor, Role),
        choice: &LoginsChoice,
        now: Moment,
    ) -> Result<ChosenLogins> {
        let site = get_site(on).await?.standing();
        let scope = match &choice.scope {
            LoginsScope::Ids(ids) => LoginsScope::Ids(ids.clone()),
            LoginsScope::Matching(filter) => LoginsScope::Matching(live_until(filter, choice.up_to)),
        };
        let live = self.possibly_live_by_role(site, now);
        // One more shows that there are too many.
        let found = list_chosen_logins(on, &scope, &live, i64::from(MOST_CHOSEN) + 1).await?;
        let mut chosen = ChosenLogins { is_too_many: found.len() > MOST_CHOSEN as usize, ..ChosenLogins::default() };
        if let LoginsScope::Ids(ids) = &scope {
            chosen.counts.already = ids.len().saturating_sub(found.len()) as u64;
        }
        for login in found {
            if !role.may_act_on(login.role()) {
                chosen.counts.out_of_reach += 1;
            } else if is_own(actor, &login) {
                chosen.own = Some(login);
            } else {
                chosen.logins.push(login);
            }
        }
        chosen.count()?;
        Ok(chosen)
    }
}

impl ChosenLogins {
    fn count(&mut self) -> Result<()> {
        let mut ends = LoginCounts::default();
        let (mut people, mut staff) = (BTreeSet::new(), BTreeSet::new());
        for login in &self.logins {
            ends += login.count()?;
            people.insert(login.user_id);
            if login.role().is_staff() {
                staff.insert(login.user_id);
            }
        }
        self.counts = BulkCounts {
            users: people.len() as u64,
            whom: digest_of_logins(self.logins.iter().map(|login| login.id.as_str())),
            staff: staff.len() as u64,
            includes_actor: self.own.is_some(),
            sessions: ends.sessions,
            tokens: ends.tokens,
            ..self.counts
        };
        Ok(())
    }
}

/// The filter for live logins that were made at this time or before.
fn live_until(filter: &LoginsFilter, latest: Option<Moment>) -> LoginsFilter {
    let to = [filter.made.to, latest].into_iter().flatten().min();
    LoginsFilter { shown: LoginsShown::Live, made: Period { to, ..filter.made }, ..filter.clone() }
}

fn is_own(actor: &Actor, login: &ChosenLogin) -> bool {
    actor.session.as_ref().map(PublicId::as_str) == Some(login.id.as_str())
}
