//! Curfew below a path of the host or of a proxy: every link stays below it.

use std::collections::BTreeSet;

use curfew::{
    Curfew, Reasons, Role, SignedIn,
    accounts::{Actor, ForceLogoutMoment, Target},
};
use rocket::{config::LogLevel, figment::Figment, get, http::Method, routes};

use crate::harness::{
    page::Page,
    person::Person,
    site::{Site, host, host_over},
    store::{any_engine, engines},
};

#[get("/garden")]
fn garden(me: SignedIn<'_>) -> String {
    me.username().to_owned()
}

/// The addresses that a page leads to or loads.
fn addresses(page: &Page) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for attribute in
        [" href=\"", " action=\"", " src=\"", " data-href=\"", " data-path=\"", " data-effect=\"", " data-receipt=\""]
    {
        for rest in page.body.split(attribute).skip(1) {
            found.insert(rest.split('"').next().unwrap_or_default().replace("&#x2F;", "/").replace("&amp;", "&"));
        }
    }
    // Relative ones stay where the page is.
    found.retain(|address| address.starts_with('/') || address.contains(':'));
    found
}

/// Follows every link from `start`. Returns how many pages it opened, and the links that leave the prefix.
async fn walk(person: &mut Person<'_>, prefix: (&str, &str), start: &str) -> (usize, Vec<String>) {
    let (seen, on_server) = prefix;
    let (mut waiting, mut known) = (vec![(format!("{seen}{start}"), false)], BTreeSet::new());
    let mut astray = Vec::new();
    while let Some((address, is_form)) = waiting.pop() {
        let Some(own) = address.strip_prefix(seen).filter(|own| own.starts_with('/')) else {
            astray.push(address);
            continue;
        };
        // One of the addresses that differ only in their query or in a number is enough.
        let kind: String = own.split('?').next().unwrap_or_default().chars().filter(|c| !c.is_ascii_digit()).collect();
        if !known.insert(kind) || own.starts_with("/session/events") {
            continue;
        }
        let path = format!("{on_server}{}", own.split('#').next().unwrap_or_default());
        let page = person.sends(Method::Get, &path, &[], Vec::new()).await;
        // A form's address may answer only POST.
        let is_answered = page.status < 400 || is_form && page.status < 500;
        assert!(is_answered, "{path}: {page:?}");
        if !page.location().is_empty() {
            waiting.push((page.location().to_owned(), false));
        }
        for found in addresses(&page) {
            let is_form = page.body.replace("&#x2F;", "/").contains(&format!("action=\"{found}\""));
            if found.starts_with(&format!("{seen}/")) {
                waiting.push((found, is_form));
            } else {
                astray.push(format!("{path} -> {found}"));
            }
        }
    }
    (known.len(), astray)
}

#[rocket::async_test]
async fn every_link_redirect_and_file_is_below_the_path() {
    for engine in any_engine() {
        for (at, proxy) in [("/auth", ""), ("/auth", "/shop"), ("", "/shop")] {
            let site = host(engine, |figment| {
                let figment = figment.merge(("curfew.base_url", format!("http://curfew.test{proxy}")));
                rocket::custom(figment).attach(Curfew::init().at(at).catchers()).mount("/", routes![garden])
            })
            .await;
            let (seen, on_server) = (format!("{proxy}{at}"), at.to_owned());
            let (visited, astray) = walk(&mut site.visitor(), (&seen, &on_server), "/login").await;
            assert_eq!(astray, Vec::<String>::new(), "{seen}");
            assert!(visited > 5, "{visited}");

            let mut ana = site.person(Role::Superuser).await;
            let fields = [("username", &*ana.name.clone()), ("password", crate::harness::site::PASSWORD)];
            let page = ana.posts(&format!("{at}/login"), &fields).await;
            assert_eq!(page.must_be(303).location(), format!("{seen}/account"));
            let (visited, astray) = walk(&mut ana, (&seen, &on_server), "/admin").await;
            assert_eq!(astray, Vec::<String>::new(), "{seen}");
            assert!(visited > 30, "{visited}");

            let page = ana.sends(Method::Get, "/garden", &[], Vec::new()).await;
            assert_eq!(page.must_be(200).body, ana.name);
            let page = site.visitor().opens("/garden").await;
            let garden = format!("{proxy}/garden").replace('/', "%2F");
            assert_eq!(page.must_be(303).location(), format!("{seen}/login?next={garden}"));
            let page = ana.opens(&format!("{at}/api/nowhere")).await;
            assert!(page.must_be(404).body.contains("\"code\""), "{page:?}");
        }
    }
}

#[rocket::async_test]
async fn two_programs_on_one_database_see_each_others_force_logouts() {
    for engine in engines() {
        let one = host(engine, |figment| {
            rocket::custom(figment).attach(Curfew::init().at("/one")).mount("/", routes![garden])
        })
        .await;
        let two = host_over(one.database.second_handle(), |figment| {
            rocket::custom(figment).attach(Curfew::init().at("/two")).mount("/", routes![garden])
        })
        .await;
        let mut ana = logged_in_at(&one, "/one").await;
        let jar = ana.jar.clone();
        let mut elsewhere = two.visitor();
        elsewhere.jar = jar;
        assert_eq!(elsewhere.opens("/garden").await.must_be(200).body, ana.name);
        two.accounts()
            .force_logout(&Actor::operator("test"), &Target::Id(ana.id), ForceLogoutMoment::Now, &Reasons::default())
            .await
            .expect("a force logout");
        one.accounts(); // so that it catches up, as it does within a second
        assert_eq!(ana.opens("/garden").await.must_be(303).location(), "/one/login?next=%2Fgarden");
        assert_eq!(elsewhere.opens("/garden").await.must_be(303).location(), "/two/login?next=%2Fgarden");
    }
}

async fn logged_in_at<'s>(site: &'s Site, at: &str) -> Person<'s> {
    let mut person = site.person(Role::Member).await;
    let fields = [("username", &*person.name.clone()), ("password", crate::harness::site::PASSWORD)];
    person.posts(&format!("{at}/login"), &fields).await.must_be(303);
    person
}

#[rocket::async_test]
async fn an_invalid_path_is_refused_before_anything_is_created() {
    let folder = tempfile::tempdir().expect("a folder");
    for at in ["auth", "/auth?x", "/<id>", "//auth"] {
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let quiet = rocket::Config { log_level: LogLevel::Off, ..rocket::Config::default() };
        let figment = Figment::from(quiet).merge(("databases.curfew.url", url));
        let program = rocket::custom(figment).attach(Curfew::init().at(at));
        let refused = program.ignite().await.expect_err("no such path");
        assert!(refused.kind().to_string().contains("fairing"), "{at}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}
