//! A login of an active account is live if and only if the rule accepts it.

use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::domain::{
    moment::MICROSECOND,
    standing::{LoginState, Question, Standing, check},
};

/// Only 40 adjacent microseconds, so that equal and neighbouring timestamps are frequent.
fn moment() -> impl Strategy<Value = Moment> {
    (1_000_i64..1_040).prop_map(DateTime::from_timestamp_micros).prop_map(Option::unwrap_or_default)
}

fn duration() -> impl Strategy<Value = Duration> {
    (1_u64..40).prop_map(Duration::from_micros)
}

prop_compose! {
    fn dates()(
        kind in proptest::sample::select(LoginKind::ALL.to_vec()),
        login_date in moment(),
        opened_at in moment(),
        last_seen in moment(),
        was_used in any::<bool>(),
        lasts in 0_i32..40,
    ) -> Dates {
        let is_session = kind == LoginKind::Browser;
        Dates {
            kind,
            login_date,
            opened_at,
            last_seen: (is_session || was_used).then_some(last_seen),
            expires_at: (!is_session).then_some(opened_at + MICROSECOND * lasts),
        }
    }
}

prop_compose! {
    fn standings()(
        of_account in (proptest::option::of(moment()), proptest::option::of(moment())),
        of_site in (proptest::option::of(moment()), proptest::option::of(moment())),
    ) -> (Standing, SiteStanding) {
        let (force_logout_date, force_logout_scheduled) = of_account;
        let account =
            Standing { user_id: 1, is_active: true, force_logout_date, force_logout_cause: None, force_logout_scheduled };
        (account, SiteStanding { force_logout_date: of_site.0, force_logout_scheduled: of_site.1 })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn a_login_is_live_if_and_only_if_the_rule_accepts_it(
        dates in dates(),
        (account, site) in standings(),
        (lifetime, idle, leeway) in (duration(), duration(), duration()),
        now in moment(),
    ) {
        let of_role = Limits { lifetime, idle };
        let live = LiveAfter::of_site(&site, of_role, leeway, now)
            .with_force_logout(account.force_logout_date, account.force_logout_scheduled, now);
        let login = LoginState {
            user_id: 1,
            ended: None,
            opened_at: dates.opened_at,
            last_seen: dates.last_seen.unwrap_or_default(),
        };
        let question = Question {
            user_id: 1,
            login_date: dates.login_date,
            account: Some(&account),
            site: &site,
            login: Some(&login),
            limits: dates.kind.limits(of_role, (dates.opened_at, dates.expires_at), leeway),
            now,
        };
        prop_assert_eq!(live.includes(&dates), check(&question).is_ok());
    }
}
