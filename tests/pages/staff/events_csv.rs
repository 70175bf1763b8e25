//! The events as a CSV file.

use curfew::domain::people::role::Role;
use rocket::{http::Method, local::asynchronous::LocalResponse, tokio::io::AsyncReadExt as _};

use crate::harness::{
    journeys::{STAFF_REASON, USER_REASON},
    page::Page,
    person::Person,
    site::Site,
    store::{Engine, engines},
};

const COLUMNS: &str = "time,kind,actor,subject,reason,staff_reason,user_reason,address,user_agent,detail\r\n";
/// Enough rows for many chunks.
const MANY: usize = 20_000;

type Record = Vec<String>;

fn records(page: &Page) -> Vec<Record> {
    assert_eq!(page.must_be(200).header("Content-Type"), Some("text/csv; charset=utf-8"));
    read(&page.body)
}

/// The records after the header. Each must have every column.
fn read(text: &str) -> Vec<Record> {
    assert!(text.starts_with(COLUMNS), "{}", &text[..200.min(text.len())]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect()
}

#[rocket::async_test]
async fn the_file_has_each_event_in_full() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut ana = site.named("ana", Role::Member).await;
        "Firefox, \"the\" browser".clone_into(&mut ana.user_agent);
        ana.logs_in().await.must_be(303);
        staff.forces_out(&ana).await.must_be(303);
        let page = staff.opens("/admin/events.csv").await;
        let disposition = page.header("Content-Disposition").unwrap_or_default();
        assert!(
            disposition.starts_with("attachment; filename=\"events-") && disposition.ends_with(".csv\""),
            "{page:?}"
        );
        assert_eq!(page.header("Content-Length"), None, "the length is not known beforehand");
        let records = records(&page);
        assert_eq!(records.len(), 5);
        let (address, name) = (staff.address.to_string(), staff.name.as_str());
        let out = [
            "force-logout",
            name,
            "ana",
            "forced-out",
            STAFF_REASON,
            USER_REASON,
            &address,
            "Firefox",
            "1 session ended",
        ];
        assert_eq!(records[0][1..], out);
        assert_eq!(records[1][1..5], ["login", "ana", "ana", ""]);
        assert_eq!(records[1][8], ana.user_agent);
        for record in &records {
            let time = &record[0];
            assert!(time.len() == 27 && time.ends_with('Z'), "{time}");
            assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{time}");
        }
    }
}

#[rocket::async_test]
async fn the_file_has_the_events_of_all_pages() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let ana = site.named("ana", Role::Member).await;
        for _ in 0..30 {
            ana.another_browser().logs_in().await.must_be(303);
        }
        let mut staff = site.signed_in(Role::Staff).await;
        let count = async |staff: &mut Person<'_>, query: &str| {
            records(&staff.opens(&format!("/admin/events.csv?{query}")).await).len()
        };
        for (query, expected) in [
            ("q=ANA&kind=login", 30),
            ("q=ana&page=2", 31),
            ("kind=login", 31),
            (&*format!("user={}", ana.id), 31),
            ("to=2001-01-01", 0),
            ("q=nobody", 0),
        ] {
            assert_eq!(count(&mut staff, query).await, expected, "{query}");
        }
        assert_eq!(staff.opens("/admin/events.csv?q=nobody").await.body, COLUMNS, "an empty file still has the header");
    }
}

#[rocket::async_test]
async fn hostile_text_is_never_a_formula() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut ana = site.named("ana", Role::Member).await;
        "=HYPERLINK(\"https://elsewhere.test\",\"x\")".clone_into(&mut ana.user_agent);
        ana.logs_in().await.must_be(303);
        let reasons = [("staff_reason", "@SUM(1);=2\n,\"two\" lines"), ("user_reason", "-1+1")];
        staff.posts(&format!("/admin/users/{}/force-logout", ana.id), &reasons).await.must_be(303);
        site.database
            .execute("UPDATE curfew_events SET actor = '+evil', detail = '\tx' WHERE kind = 'force-logout'")
            .await;
        let page = staff.opens("/admin/events.csv").await;
        let records = records(&page);
        assert_eq!(records[0][2], "'+evil");
        assert_eq!(records[0][5..7], ["'@SUM(1);'=2\n,\"two\" lines", "'-1+1"]);
        assert_eq!(records[0][9], "'\tx");
        assert_eq!(records[1][8], "'=HYPERLINK(\"https://elsewhere.test\",\"x\")");
        for line in page.body.split("\r\n") {
            let begins_formula = |cell: &str| cell.trim_start_matches('"').starts_with(['=', '+', '-', '@', '\t']);
            assert!(!begins_formula(line) && !line.split(",\"").any(begins_formula), "{line}");
        }
    }
}

/// A download in progress.
struct Taking<'c> {
    response: LocalResponse<'c>,
    text: String,
}

impl<'c> Taking<'c> {
    async fn by(person: &Person<'c>) -> Self {
        let headers = person.own_headers(Method::Get, &[]);
        let address = (Method::Get, "/admin/events.csv");
        let response = person.site.begin(address, person.from(), &person.jar, headers, Vec::new()).await;
        assert_eq!(response.status().code, 200);
        let mut taking = Self { response, text: String::new() };
        taking.some().await;
        taking
    }

    /// Reads one more chunk and returns its length; 0 at the end.
    async fn some(&mut self) -> usize {
        let mut bytes = vec![0; 64 * 1024];
        let length = self.response.read(&mut bytes).await.expect("a stream that can be read");
        self.text.push_str(std::str::from_utf8(&bytes[..length]).expect("UTF-8, as all of it is ASCII here"));
        length
    }

    /// Reads until the connection breaks. Nothing may follow.
    async fn until_it_breaks_off(mut self) -> String {
        while !self.text.ends_with("\"The export failed here. This file is not complete.\"\r\n") {
            assert_ne!(self.some().await, 0, "a broken download must not look complete");
        }
        self.text
    }
}

async fn with_many_events(engine: Engine) -> Site {
    let site = Site::on(engine).await;
    let moment = if engine == Engine::Sqlite { "TEXT" } else { "TIMESTAMPTZ" };
    site.database
        .execute(&format!(
            "INSERT INTO curfew_events (at, kind, actor, subject, detail)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
             SELECT CAST('2026-03-01T00:00:00+00:00' AS {moment}), 'logout', 'ana', 'ana', CAST(i AS TEXT) FROM n"
        ))
        .await;
    site
}

#[rocket::async_test]
async fn many_events_arrive_in_order_and_in_chunks() {
    for engine in engines() {
        let site = with_many_events(engine).await;
        let staff = site.signed_in(Role::Staff).await;
        let mut taking = Taking::by(&staff).await;
        loop {
            match taking.some().await {
                0 => break,
                length => assert!(length <= 64 * 1024, "{length}"),
            }
        }
        let numbers: Vec<usize> = read(&taking.text).iter().skip(2).map(|record| record[9].parse().unwrap()).collect();
        assert_eq!(numbers, (1..=MANY).rev().collect::<Vec<_>>());
    }
}

#[rocket::async_test]
async fn rows_are_read_only_as_the_client_reads() {
    for engine in engines() {
        let site = with_many_events(engine).await;
        let staff = site.signed_in(Role::Staff).await;
        let mut taking = Taking::by(&staff).await;
        site.database.execute("DELETE FROM curfew_events WHERE kind = 'logout'").await;
        while taking.some().await > 0 {}
        let count = read(&taking.text).len();
        assert!(count < MANY / 4, "{count} rows were read ahead");
    }
}

#[rocket::async_test]
async fn a_file_cut_short_by_the_database_does_not_look_complete() {
    for engine in engines() {
        let site = with_many_events(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let taking = Taking::by(&staff).await;
        site.database.goes_away().await;
        let text = taking.until_it_breaks_off().await;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert!(reader.records().any(|record| record.is_err()), "a CSV reader must notice");
        for path in ["/admin/events", "/admin/events.csv"] {
            assert_eq!(staff.opens(path).await.must_be(503).header("Content-Disposition"), None, "{path}");
        }
        site.database.comes_back().await;
        assert_eq!(
            records(&staff.opens("/admin/events.csv").await).len(),
            MANY + 3,
            "the failed export is an event, too"
        );
    }
}

#[rocket::async_test]
async fn a_forced_out_user_gets_no_more_of_a_running_download() {
    for engine in engines() {
        let site = with_many_events(engine).await;
        let staff = site.signed_in(Role::Staff).await;
        let mut superuser = site.signed_in(Role::Superuser).await;
        let taking = Taking::by(&staff).await;
        superuser.forces_out(&staff).await.must_be(303);
        let text = taking.until_it_breaks_off().await;
        assert!(text.lines().count() < MANY / 4, "{}", text.lines().count());
    }
}
