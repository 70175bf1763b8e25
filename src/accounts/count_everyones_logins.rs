//! How many logins a force logout of everyone ends, for its event.

use chrono::{SecondsFormat, TimeDelta};

use super::{Accounts, EndedLogins, Result, event::Tell as _};
use crate::{
    domain::{moment::Moment, standing::SiteStanding},
    store::{
        Sql,
        events::NewEvent,
        live_samples::find_latest_live_sample,
        overview::{FEW_SESSIONS, count_few_live_sessions},
        sessions::LiveAfter,
        site_sessions::LiveByRole,
        tokens::{LiveTokens, count_some_live_tokens},
    },
};

/// So old is a count at most that is told: each hour has one while a server runs.
const RECENTLY: TimeDelta = TimeDelta::hours(2);
/// Up to so many tokens are counted.
pub const FEW_TOKENS: i64 = 1_000;

impl Accounts {
    /// Adds to the event how many live sessions and tokens end that were made at a moment or before. Few are
    /// counted; of many it tells the latest count of an hour, or that they are many, for the act is one
    /// write however many there are. To be asked before the act, with the site as it stood.
    pub(super) async fn ending_everyones<'a>(
        &self,
        on: &mut impl Sql,
        told: NewEvent<'a>,
        (site, now): (SiteStanding, Moment),
        up_to: Moment,
    ) -> Result<NewEvent<'a>> {
        // What comes due is itself the act.
        let live = self.live_by_role(SiteStanding { force_logout_scheduled: None, ..site }, now);
        let since = |live: LiveAfter| LiveAfter { login: live.login.max(up_to), ..live };
        let spared = LiveByRole { member: since(live.member), staff: since(live.staff), now };
        let all = count_few_live_sessions(on, &live).await?;
        let spared = count_few_live_sessions(on, &spared).await?;
        let told = match (all, spared) {
            (Some(all), Some(spared)) => told.ending((all - spared).unsigned_abs()),
            (None, Some(spared)) => {
                // A count from before the last act of this kind is of sessions that it has ended.
                let is_of_now = |hour| hour > now - RECENTLY && site.force_logout_date.is_none_or(|date| date < hour);
                let sample = find_latest_live_sample(on).await?;
                told.saying(match sample.filter(|(hour, live)| is_of_now(*hour) && *live > FEW_SESSIONS) {
                    Some((hour, live)) => {
                        let hour = hour.to_rfc3339_opts(SecondsFormat::Secs, true);
                        format!("about {live} sessions ended, as counted at {hour}")
                    }
                    None => format!("more than {} sessions ended", FEW_SESSIONS - spared),
                })
            }
            // Of many, many are spared.
            (_, None) => told,
        };
        // What comes due is itself the act.
        let live = live_tokens_of(SiteStanding { force_logout_scheduled: None, ..site }, now);
        Ok(match count_some_live_tokens(on, up_to, live, FEW_TOKENS + 1).await? {
            0 => told,
            many if many > FEW_TOKENS => told.saying(format!("more than {FEW_TOKENS} tokens ended")),
            tokens => told.saying(EndedLogins { sessions: 0, tokens: tokens.unsigned_abs() }.to_string()),
        })
    }
}

/// What anyone's token must lie after to be live, as far as the site decides.
pub(super) fn live_tokens_of(site: SiteStanding, now: Moment) -> LiveTokens {
    LiveTokens {
        login: site.force_logout_date.unwrap_or(Moment::UNIX_EPOCH),
        opened: site.force_logout_scheduled.filter(|at| *at <= now).unwrap_or(Moment::UNIX_EPOCH),
        expiry: now,
    }
}
