//! The force-logout date for a given time.
//!
//! Every login opened at or before the given time must end, including one whose `LAST_LOGIN_DATE` is ahead of the
//! clock. So the force-logout date can be later than the given time.

use crate::{
    accounts::Result,
    domain::{moment::Moment, standing::SiteStanding},
    store::{Sql, logins::login_dates_ahead::find_latest_login_date_ahead, site, users::User},
};

/// The date that ends every login that an account opened at `moment` or before.
pub(super) async fn date_at(on: &mut dyn Sql, user: &User, moment: Moment) -> Result<Moment> {
    latest_login_date_ahead(on, Some(user.id), user.last_login_date, moment).await
}

/// The date that ends every login that anyone opened at `moment` or before.
pub(super) async fn everyones_date_at(on: &mut dyn Sql, moment: Moment) -> Result<Moment> {
    let latest = site::find_latest_login(on).await?;
    latest_login_date_ahead(on, None, latest, moment).await
}

/// The date that ends every login there is, even if the clock has stepped back.
pub(super) async fn everyones_date_now(on: &mut dyn Sql, site: SiteStanding, now: Moment) -> Result<Moment> {
    let latest_login = site::find_latest_login(on).await?;
    Ok([latest_login, site.force_logout_date].into_iter().flatten().fold(now, Moment::max))
}

/// Queries only if some login is dated after `moment`.
async fn latest_login_date_ahead(
    on: &mut dyn Sql,
    user_id: Option<i64>,
    latest_login_date: Option<Moment>,
    moment: Moment,
) -> Result<Moment> {
    if latest_login_date.is_none_or(|latest| latest <= moment) {
        return Ok(moment);
    }
    let ahead = find_latest_login_date_ahead(on, user_id, moment).await?;
    Ok(ahead.map_or(moment, |date| date.max(moment)))
}
