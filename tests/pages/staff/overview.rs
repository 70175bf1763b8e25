//! The first page of staff: recent activity as charts and tables, and what is scheduled.

use chrono::TimeDelta;
use curfew::{
    accounts::{Actor, ForceLogoutMoment},
    domain::{people::role::Role, reason_text::Reasons},
};

use crate::harness::{page::Page, site::Site, store::any_engine};

/// The cells of the last row of each table: the current hour, and today.
fn last_rows(page: &Page) -> Vec<Vec<String>> {
    let tables = page.must_be(200).body.split("<table class=\"numbers\">").skip(1);
    let last = tables.map(|table| {
        let (rows, _) = table.split_once("</tbody>").expect("the end of a table");
        let row = rows.rsplit("<tr>").next().expect("a row");
        row.split("<td>").skip(1).map(|cell| cell.split('<').next().unwrap_or_default().to_owned()).collect()
    });
    last.collect()
}

#[rocket::async_test]
async fn logins_failed_logins_and_live_sessions_are_in_charts_and_tables() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        // The test must not cross the end of an hour or a day.
        let hour = site.accounts().store().clock().process_now().timestamp().rem_euclid(86_400);
        site.shift_clock(TimeDelta::seconds(86_400 + 12 * 3_600 + 600 - hour));
        let person = site.person(Role::Member).await;
        for _ in 0..3 {
            person.another_browser().logs_in().await.must_be(303);
        }
        person.another_browser().logs_in_with(&[("password", "not the password")]).await.must_be(422);
        site.accounts().sample_live_sessions().await.expect("a sample");
        let mut staff = site.signed_in(Role::Staff).await;
        let page = staff.opens("/admin").await;
        assert_eq!(last_rows(&page), [["4", "1", "4"], ["4", "1", "4"]], "{page:?}");
        for label in [
            "Logins per hour: 4 total, peak 4 (12:00 UTC)",
            "Failed logins per hour: 1 total, peak 1 (12:00 UTC)",
            "Failed logins per day (UTC): 1 total, peak 1 (",
            "Live sessions per day (UTC): 4 now, peak 4 (",
        ] {
            assert!(page.body.contains(&format!("role=\"img\" aria-label=\"{label}")), "{label}: {page:?}");
        }
        assert_eq!(page.body.matches("<g><title>").count(), 3 * (24 + 14), "{page:?}");
        assert_eq!(page.body.matches("As a table").count(), 2);
        assert_eq!(page.body.matches("<span>4</span><span>2</span><span>0</span>").count(), 6, "one scale: {page:?}");
        for tick in ["<time class=\"tick\"", ">13:00</time>", ">19:00</time>", ">01:00</time>", ">07:00</time>"] {
            assert!(page.body.contains(tick), "{tick}: {page:?}");
        }
        for says in ["Hours in <span data-part=\"chart-zone\">UTC<", "Days in <span data-part=\"chart-zone\">UTC<"] {
            assert!(page.body.contains(says), "{says}: {page:?}");
        }
        // Only the current hour and day are counted.
        assert_eq!(page.body.matches("fill=\"url(#not-counted)\"").count(), 23 + 13, "{page:?}");
        assert_eq!(page.body.matches("data-part=\"hatched\" hidden").count(), 0, "{page:?}");

        site.shift_clock(TimeDelta::hours(3));
        staff.logs_in().await.must_be(303);
        let page = staff.opens("/admin").await;
        assert_eq!(last_rows(&page), [["1", "0", "4"], ["5", "1", "4"]], "{page:?}");
        assert!(page.body.contains("not counted"), "{page:?}");
        site.accounts().count_past_logins().await.expect("a count");
        assert_eq!(last_rows(&staff.opens("/admin").await), [["1", "0", "4"], ["5", "1", "4"]]);
    }
}

#[rocket::async_test]
async fn every_figure_leads_to_what_it_counts() {
    let site = Site::on(any_engine()[0]).await;
    let person = site.person(Role::Member).await;
    person.another_browser().logs_in_with(&[("password", "not the password")]).await.must_be(422);
    let mut staff = site.signed_in(Role::Staff).await;
    let page = staff.opens("/admin").await;
    let figures = page.between("<dl class=\"counts\">", "</dl>").expect("the figures").replace("&#x2F;", "/");
    let links: Vec<String> = figures
        .split("<dd><a href=\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0.replace("&amp;", "&")))
        .collect();
    assert_eq!(links.len(), figures.matches("<dt>").count(), "{figures}");
    for link in &links {
        staff.opens(link).await.must_be(200);
    }
    let failed = links.iter().find(|link| link.contains("kind=login-failed")).expect("the failed logins");
    assert!(staff.opens(failed).await.body.contains("1 event,"), "{failed}");
}

#[rocket::async_test]
async fn a_registration_counts_as_a_login() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        site.visitor().registers().await.must_lead_to("/account");
        let mut staff = site.signed_in(Role::Staff).await;
        let page = staff.opens("/admin").await;
        assert_eq!(last_rows(&page)[0][0], "2", "{page:?}");
    }
}

#[rocket::async_test]
async fn a_schedule_for_everyone_is_listed_with_the_others() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let page = staff.opens("/admin").await;
        assert!(page.must_be(200).body.contains("No force logouts are scheduled."), "{page:?}");
        let ana = site.named("ana", Role::Member).await;
        let now = site.accounts().store().clock().process_now();
        staff.forces_out_at(&ana, &(now + TimeDelta::hours(2)).to_rfc3339()).await.must_be(303);
        let everyone = ForceLogoutMoment::At(now + TimeDelta::hours(1));
        let done = site.accounts().force_everyone_out(&Actor::operator("test"), everyone, &Reasons::default()).await;
        done.expect("a schedule");
        let page = staff.opens("/admin").await;
        let scheduled = page.between("id=\"scheduled\">", "</section>").expect("what is scheduled");
        let places = ["<strong>Everyone</strong>", ">ana</a>"].map(|words| scheduled.find(words));
        assert!(places[0].is_some() && places[0] < places[1], "ordered by time: {scheduled}");
    }
}
