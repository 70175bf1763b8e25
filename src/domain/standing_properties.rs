//! Properties of the rule, for any account, login and time.

use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::domain::moment::MICROSECOND;

/// Everything that a [`Question`] borrows.
#[derive(Debug, Clone)]
struct Case {
    login_date: Moment,
    account: Option<Standing>,
    site: SiteStanding,
    login: Option<LoginState>,
    limits: Limits,
    now: Moment,
}

impl Case {
    fn question(&self) -> Question<'_> {
        Question {
            user_id: 1,
            login_date: self.login_date,
            account: self.account.as_ref(),
            site: &self.site,
            login: self.login.as_ref(),
            limits: self.limits,
            now: self.now,
        }
    }

    fn is_good(&self) -> bool {
        check(&self.question()).is_ok()
    }

    fn opened_at(&self) -> Moment {
        self.login.as_ref().map_or(self.login_date, |login| login.opened_at)
    }

    fn account_mut(&mut self) -> &mut Standing {
        self.account.get_or_insert(Standing {
            user_id: 1,
            is_active: true,
            force_logout_date: None,
            force_logout_cause: None,
            force_logout_scheduled: None,
        })
    }
}

/// Only 40 adjacent microseconds, so that equal and neighbouring timestamps are frequent.
fn moment() -> impl Strategy<Value = Moment> {
    (0_i64..40).prop_map(|micros| DateTime::UNIX_EPOCH + MICROSECOND * i32::try_from(micros).unwrap_or_default())
}

fn end_reason() -> impl Strategy<Value = EndReason> {
    proptest::sample::select(EndReason::ALL.to_vec())
}

prop_compose! {
    fn standing()(
        user_id in prop_oneof![9 => Just(1_i64), 1 => Just(2)],
        is_active in proptest::bool::weighted(0.9),
        force_logout_date in proptest::option::weighted(0.3, moment()),
        force_logout_cause in proptest::option::of(end_reason()),
        force_logout_scheduled in proptest::option::weighted(0.3, moment()),
    ) -> Standing {
        Standing { user_id, is_active, force_logout_date, force_logout_cause, force_logout_scheduled }
    }
}

prop_compose! {
    fn login()(
        user_id in prop_oneof![9 => Just(1_i64), 1 => Just(2)],
        ended in proptest::option::weighted(0.1, end_reason()),
        opened_at in moment(),
        last_seen in moment(),
    ) -> LoginState {
        LoginState { user_id, ended, opened_at, last_seen }
    }
}

prop_compose! {
    fn case()(
        login_date in moment(),
        account in proptest::option::weighted(0.9, standing()),
        site_date in proptest::option::weighted(0.2, moment()),
        site_scheduled in proptest::option::weighted(0.2, moment()),
        login in proptest::option::weighted(0.9, login()),
        lifetime in 10_u64..60,
        idle in 10_u64..60,
        now in moment(),
    ) -> Case {
        Case {
            login_date,
            account,
            site: SiteStanding { force_logout_date: site_date, force_logout_scheduled: site_scheduled },
            login,
            limits: Limits { lifetime: Duration::from_micros(lifetime), idle: Duration::from_micros(idle) },
            now,
        }
    }
}

/// A case that the rule accepts until a test changes something.
fn good_case() -> impl Strategy<Value = Case> {
    case().prop_filter("good", Case::is_good)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, max_global_rejects: 200_000, ..ProptestConfig::default() })]

    #[test]
    fn moving_the_force_logout_date_later_never_makes_a_login_good(mut case in case(), later in 0_i32..40) {
        prop_assume!(case.account.is_some());
        let before = case.is_good();
        let account = case.account_mut();
        account.force_logout_date = Some(account.force_logout_date.unwrap_or(DateTime::UNIX_EPOCH) + MICROSECOND * later);
        if !before {
            prop_assert!(!case.is_good());
        }
    }

    #[test]
    fn a_login_after_the_force_logout_date_is_good(mut case in good_case(), earlier in 1_i32..40) {
        let date = case.login_date - MICROSECOND * earlier;
        case.account_mut().force_logout_date = Some(date);
        case.site.force_logout_date = Some(date);
        prop_assert!(case.is_good());
    }

    #[test]
    fn a_login_at_or_before_the_force_logout_date_is_out(mut case in good_case(), later in 0_i32..40) {
        case.account_mut().force_logout_date = Some(case.login_date + MICROSECOND * later);
        prop_assert!(!case.is_good());
    }

    #[test]
    fn a_login_at_or_before_the_force_logout_date_of_the_site_is_out(mut case in good_case(), later in 0_i32..40) {
        case.site.force_logout_date = Some(case.login_date + MICROSECOND * later);
        prop_assert_eq!(check(&case.question()), Err(EndReason::EveryoneOut));
    }

    #[test]
    fn the_earlier_force_logout_is_the_reason(mut case in good_case(), sites in 0_i32..40, own in 0_i32..40, is_active in any::<bool>()) {
        case.site.force_logout_date = Some(case.login_date + MICROSECOND * sites);
        let account = case.account_mut();
        account.force_logout_cause = Some(EndReason::PasswordChanged);
        account.is_active = is_active;
        let own = case.login_date + MICROSECOND * own;
        case.account_mut().force_logout_date = Some(own);
        let own_reason = if is_active { EndReason::PasswordChanged } else { EndReason::Deactivated };
        let first = if case.site.force_logout_date <= Some(own) { EndReason::EveryoneOut } else { own_reason };
        prop_assert_eq!(check(&case.question()), Err(first));
    }

    #[test]
    fn no_current_time_revives_a_login_made_at_or_before_the_force_logout_date(mut case in case(), later in 0_i32..40, now in moment()) {
        case.account_mut().force_logout_date = Some(case.login_date + MICROSECOND * later);
        case.now = now;
        prop_assert!(!case.is_good());
    }

    #[test]
    fn a_scheduled_force_logout_ends_a_login_once_it_is_due(mut case in good_case(), later in 0_i32..40) {
        let scheduled = case.opened_at() + MICROSECOND * later;
        case.account_mut().force_logout_scheduled = Some(scheduled);
        prop_assert_eq!(case.is_good(), scheduled > case.now);
    }

    #[test]
    fn the_order_of_the_checks_never_changes_whether_a_login_is_good(case in case(), order in Just(CHECKS.to_vec()).prop_shuffle()) {
        let refused = order.iter().any(|check| check(&case.question()).is_some());
        let first = order.iter().find_map(|check| check(&case.question()));
        prop_assert_eq!(first.is_some(), refused);
        prop_assert_eq!(check(&case.question()).is_err(), refused);
    }

    #[test]
    fn a_login_that_reaches_its_lifetime_is_out(mut case in good_case()) {
        case.now = case.opened_at() + TimeDelta::from_std(case.limits.lifetime).unwrap_or_default();
        prop_assert!(!case.is_good());
    }

    #[test]
    fn the_login_date_is_compared_with_force_logout_dates_only(mut case in case(), other in moment()) {
        case.site.force_logout_date = None;
        if let Some(account) = &mut case.account { account.force_logout_date = None }
        let before = case.is_good();
        case.login_date = other;
        prop_assert_eq!(case.is_good(), before);
    }

    #[test]
    fn a_login_of_an_inactive_or_deleted_account_is_out(mut case in good_case(), is_deleted in any::<bool>()) {
        if is_deleted { case.account = None } else { case.account_mut().is_active = false }
        let reason = if is_deleted { EndReason::Deleted } else { EndReason::Deactivated };
        prop_assert_eq!(check(&case.question()), Err(reason));
    }

    #[test]
    fn a_login_of_another_account_is_out(mut case in good_case()) {
        if let Some(login) = &mut case.login { login.user_id = 2 }
        prop_assert!(!case.is_good());
    }
}
