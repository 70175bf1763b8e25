//! Requests within a minute of the last write are not written. Whatever depends on a session's last activity must still
//! count them.

use chrono::TimeDelta;
use curfew::{
    accounts::{LoginEnd, Which},
    domain::{logins::kind::LoginClass, reason::EndReason},
    settings::WhenFull,
};

use crate::{
    house::{House, PASSWORD, on_each_engine, password},
    logins::session_limit::{limited, log_in, must_be_full, try_log_in},
};

#[rocket::async_test]
async fn the_session_in_use_is_kept_and_the_unused_one_ends() {
    on_each_engine(async |house: &House| {
        let accounts = limited(house, 2, WhenFull::EndOldest);
        let ana = house.member("ana").await;
        let in_use = log_in(&accounts, &ana).await;
        let left = log_in(&accounts, &ana).await;
        let at = house.now().await + TimeDelta::seconds(10);
        assert!(
            !accounts.record_seen(house.activity(&in_use, at), in_use.login_date),
            "within a minute, so not written"
        );
        log_in(&accounts, &ana).await;
        assert_eq!(house.verdict(&in_use).await, Ok(()));
        assert_eq!(house.verdict(&left).await, Err(EndReason::LoggedInElsewhere));
    })
    .await;
}

/// According to its row the session is idle, but an unwritten request says otherwise. Whatever ends or counts sessions
/// must still include it, because it is live.
#[rocket::async_test]
async fn a_session_with_unwritten_activity_is_included_everywhere() {
    on_each_engine(async |house: &House| {
        for act in ["the limit", "full", "end others", "end one", "force logout"] {
            let ana = house.member(&format!("ana-{}", act.replace(' ', "-"))).await;
            let accounts = limited(house, 1, if act == "full" { WhenFull::RefuseNew } else { WhenFull::EndOldest });
            let login = house.log_in(&ana).await;
            let at = login.login_date + TimeDelta::seconds(50);
            assert!(
                !house.accounts.record_seen(house.activity(&login, at), login.login_date),
                "within a minute, so not written"
            );
            house.store.clock().shift(TimeDelta::days(3) + TimeDelta::seconds(20));
            assert_eq!(house.verdict(&login).await, Ok(()), "the session is not idle");
            let live = house.accounts.list_sessions(ana.id, Which::Live, 9).await.expect("a list");
            assert_eq!(live.len(), 1, "the list must not show it as idle");
            let reason = match act {
                "the limit" => {
                    log_in(&accounts, &ana).await;
                    EndReason::LoggedInElsewhere
                }
                "full" => {
                    must_be_full(&try_log_in(&accounts, &ana).await, (1, 1));
                    continue;
                }
                "force logout" => {
                    assert_eq!(house.force_out(&ana).await, 1);
                    EndReason::ForcedOut
                }
                _ => {
                    let actor = ana.acting_from(&house.log_in(&ana).await);
                    if act == "end one" {
                        let ended = house.accounts.end_own_login(&actor, LoginClass::Sessions, &login.id).await;
                        assert_eq!(ended.expect("an ended session"), LoginEnd::Ended);
                    } else {
                        let ended = house.accounts.end_other_logins(&actor, &password(PASSWORD), false).await;
                        assert_eq!(ended.expect("an end").1, 1.into());
                    }
                    EndReason::EndedByUser
                }
            };
            assert_eq!(house.verdict(&login).await, Err(reason), "{act}");
        }
    })
    .await;
}
