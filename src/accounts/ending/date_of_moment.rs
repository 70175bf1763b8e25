//! The force-logout date that belongs to a moment of the clock.
//!
//! A login may be dated ahead of the clock that made it, so the moment itself can be too early a date: what was
//! opened by then must be out, also with a later `LAST_LOGIN_DATE`.

use crate::{
    accounts::Result,
    domain::{moment::Moment, standing::SiteStanding},
    store::{Sql, logins::dated_ahead::find_latest_dated_ahead, site, users::User},
};

/// The date that puts out what an account has opened at that moment or before.
pub(super) async fn date_of_moment(on: &mut impl Sql, user: &User, moment: Moment) -> Result<Moment> {
    latest_of(on, Some(user.id), user.last_login_date, moment).await
}

/// The date that puts out what anyone has opened at that moment or before.
pub(super) async fn everyones_date_of_moment(on: &mut impl Sql, moment: Moment) -> Result<Moment> {
    let latest = site::find_latest_login(on).await?;
    latest_of(on, None, latest, moment).await
}

/// The date that puts out what anyone has opened: a clock that stepped back must spare nobody.
pub(super) async fn everyones_date_now(on: &mut impl Sql, site: SiteStanding, now: Moment) -> Result<Moment> {
    let latest_login = site::find_latest_login(on).await?;
    Ok([latest_login, site.force_logout_date].into_iter().flatten().fold(now, Moment::max))
}

/// Nothing is looked for where no login at all is dated after the moment.
async fn latest_of(
    on: &mut impl Sql,
    user_id: Option<i64>,
    latest_login_date: Option<Moment>,
    moment: Moment,
) -> Result<Moment> {
    if latest_login_date.is_none_or(|latest| latest <= moment) {
        return Ok(moment);
    }
    let ahead = find_latest_dated_ahead(on, user_id, moment).await?;
    Ok(ahead.map_or(moment, |date| date.max(moment)))
}
