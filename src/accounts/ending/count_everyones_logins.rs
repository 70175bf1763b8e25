//! Counts the logins that a force logout of everyone ends, for its event and for the notice to the caller.

use chrono::TimeDelta;

use crate::{
    accounts::{Accounts, Result},
    domain::{
        logins::{
            counts::{EndedSessions, EveryonesEndedLogins, FEW_TOKENS},
            kind::LoginClass,
            live::{LiveAfter, LiveByRole},
        },
        moment::Moment,
        standing::SiteStanding,
    },
    store::{
        Sql,
        lists::{
            live_logins::count_live_site_logins,
            overview::{FEW_SESSIONS, count_few_live_sessions},
        },
        logins::live_samples::find_latest_live_sample,
    },
};

/// The maximum age of an hourly count that is reported. A running server counts every hour.
const MAX_AGE: TimeDelta = TimeDelta::hours(2);

impl Accounts {
    /// Counts the live logins, made at `up_to` or before, that a force logout of everyone ends. It counts sessions only
    /// up to [`FEW_SESSIONS`]. Beyond that it reports the latest hourly count, so that forcing everyone out takes no
    /// longer on a large site. Call this function before the force logout, with the site's standing from before it.
    pub(super) async fn count_ending_of_everyone(
        &self,
        on: &mut dyn Sql,
        (site, now): (SiteStanding, Moment),
        up_to: Moment,
    ) -> Result<EveryonesEndedLogins> {
        // A due schedule is this force logout itself.
        let standing = SiteStanding { force_logout_scheduled: None, ..site };
        let live = self.live_by_role(standing, now);
        let since = |live: LiveAfter| live.with_force_logout(Some(up_to), None, now);
        let spared = LiveByRole { member: since(live.member), staff: since(live.staff), now };
        let all = count_few_live_sessions(on, &live).await?;
        let spared = count_few_live_sessions(on, &spared).await?;
        let sessions = match (all, spared) {
            (Some(all), Some(spared)) => EndedSessions::Counted((all - spared).max(0).unsigned_abs()),
            (None, Some(spared)) => {
                // An hourly count from before the last force logout includes sessions that it has ended.
                let is_of_now = |hour| hour > now - MAX_AGE && site.force_logout_date.is_none_or(|date| date < hour);
                let sample = find_latest_live_sample(on).await?;
                match sample.filter(|(hour, live)| is_of_now(*hour) && *live > FEW_SESSIONS) {
                    Some((hour, live)) => EndedSessions::About(live, hour),
                    None => EndedSessions::MoreThan(FEW_SESSIONS - spared),
                }
            }
            (_, None) => EndedSessions::Uncounted,
        };
        let tokens = count_live_site_logins(on, LoginClass::Tokens, &live, Some(up_to), FEW_TOKENS + 1).await?;
        Ok(EveryonesEndedLogins { sessions, tokens })
    }
}
