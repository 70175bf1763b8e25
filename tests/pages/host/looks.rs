//! Curfew's pages in the layout of a host, and with files that replace embedded ones.

use std::{fs, time::Duration};

use curfew::{Curfew, Role};
use rocket::{
    error::ErrorKind,
    figment::{
        Profile,
        providers::{Format as _, Toml},
    },
    tokio::time::sleep,
};
use rocket_dyn_templates::Template;

use crate::harness::{person::Person, site::host, store::any_engine};

#[rocket::async_test]
async fn the_pages_are_in_the_layout_of_the_host() {
    for engine in any_engine() {
        let site = host(engine, |figment| rocket::custom(figment).attach(Curfew::init().layout("layout"))).await;
        let mut ana = site.signed_in(Role::Superuser).await;
        for path in ["/account", "/account/sessions", "/admin", "/admin/users", "/admin/nowhere", "/confirm"] {
            let page = ana.opens(path).await;
            if page.status == 404 && path == "/admin/nowhere" {
                continue; // the host's own error
            }
            page.must_be(200);
            assert_eq!(page.body.matches("<html").count(), 1, "{path}");
            assert!(page.body.contains("<a href=\"/\">The garden</a>"), "{path}: {}", page.body);
            assert!(page.title().ends_with("· Curfew"), "{path}: {}", page.title());
            assert!(page.body.contains("within_layout."), "{path}");
            assert!(!page.body.contains('\u{fdd5}'), "{path}");
        }
        let page = site.visitor().opens("/login").await;
        assert!(page.must_be(200).csrf_token().is_some(), "{page:?}");
        let page = ana.opens("/admin/users/999999").await;
        assert!(page.must_be(404).body.contains("The garden"), "{page:?}");
    }
}

#[rocket::async_test]
async fn a_layout_that_is_missing_or_malformed_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = "{% block title %}{% endblock %}{% block head %}{% endblock %}{% block content %}{% endblock %}";
    fs::write(folder.path().join("personal.html.tera"), format!("{whole}{{{{ user.name }}}}")).expect("it is written");
    fs::write(folder.path().join("broken.html.tera"), "{% block title %}").expect("it is written");
    fs::write(folder.path().join("half.html.tera"), "{% block title %}{% endblock %}").expect("it is written");
    for name in ["nowhere", "broken", "half", "personal"] {
        let figment = rocket::Config::figment()
            .merge(("log_level", "off"))
            .merge(("databases.curfew.url", format!("sqlite:{}", folder.path().join("a.db").display())))
            .merge(("template_dir", folder.path()));
        let refused =
            rocket::custom(figment).attach(Curfew::init().layout(name)).ignite().await.expect_err("no layout");
        assert!(matches!(refused.kind(), ErrorKind::FailedFairings(_)), "{}", refused.kind());
    }
}

#[rocket::async_test]
async fn files_of_the_override_folder_replace_embedded_ones_and_add_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("it is written");
    };
    write(
        "macros/start.html.tera",
        "{% macro title() %}The garden{% endmacro %}{% macro lead(site_name) %}{% endmacro %}{% macro points() %}{% endmacro %}",
    );
    write("confirm.html", "{% extends \"base\" %}{% block content %}my own words{% endblock %}");
    write("static/tokens.css", ":root { --ground: #0a0b0c; }");
    write("static/garden.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    for engine in any_engine() {
        let site =
            host(engine, |figment| rocket::custom(figment).attach(Curfew::init().overrides(folder.path()))).await;
        site.person(Role::Superuser).await; // without one, the start page leads to the setup
        let mut visitor = site.visitor();
        let page = visitor.opens("/").await;
        assert!(page.must_be(200).body.contains("The garden"), "{page:?}");
        let styles = page.between("<link rel=\"stylesheet\" href=\"", "\"").expect("styles").to_owned();
        let styles = visitor.opens(&styles).await.must_be(200).body.clone();
        assert!(styles.contains("#0a0b0c") && styles.contains(".button"), "{styles}");
        visitor.opens("/static/garden.svg").await.must_be(200);
        assert_eq!(visitor.opens("/login").await.must_be(200).title(), "Log in · Curfew");
        let page = site.signed_in(Role::Member).await.opens("/confirm").await;
        assert!(page.must_be(200).body.contains("my own words"), "{page:?}");
    }
}

/// The host's own engine reads each `.tera` file of its folder, and does not know what Curfew's templates extend.
#[rocket::async_test]
async fn overrides_may_be_among_the_templates_of_the_host() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("curfew")).expect("a folder");
    let text = "{% extends \"base\" %}{% block content %}my own login{% endblock %}";
    fs::write(folder.path().join("curfew/login.html"), text).expect("it is written");
    for engine in any_engine() {
        let site = host(engine, |figment| {
            let curfew = Curfew::init().overrides(folder.path().join("curfew"));
            rocket::custom(figment.merge(("template_dir", folder.path()))).attach(curfew).attach(Template::fairing())
        })
        .await;
        assert!(site.visitor().opens("/login").await.must_be(200).body.contains("my own login"));
    }
}

/// Only debug builds look for changes.
#[rocket::async_test]
async fn a_changed_layout_and_a_changed_template_show_without_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("it is written");
    let layout = |words: &str| {
        format!(
            "{words}{{% block title %}}{{% endblock %}}{{% block head %}}{{% endblock %}}{{% block content %}}{{% endblock %}}"
        )
    };
    for engine in any_engine() {
        write("frame.html.tera", &layout("the first frame"));
        let site = host(engine, |figment| {
            let figment = figment.merge(("template_dir", folder.path()));
            rocket::custom(figment).attach(Curfew::init().layout("frame").overrides(folder.path()))
        })
        .await;
        let mut visitor = site.visitor();
        assert!(visitor.opens("/login").await.must_be(200).body.contains("the first frame"));
        write("frame.html.tera", &layout("the second frame"));
        must_come_to_show(&mut visitor, "the second frame").await;
        write("login.html.tera", "{% extends \"base\" %}{% block content %}my own login{% endblock %}");
        must_come_to_show(&mut visitor, "my own login").await;
        write("login.html.tera", "{% extends %}"); // malformed, so nothing changes
        write("frame.html.tera", &layout("the third frame"));
        fs::remove_file(folder.path().join("login.html.tera")).expect("it is there");
        must_come_to_show(&mut visitor, "the third frame").await;
    }
}

/// Loads the login page until it has these words.
async fn must_come_to_show(visitor: &mut Person<'_>, words: &str) {
    for _ in 0..1_000 {
        if visitor.opens("/login").await.must_be(200).body.contains(words) {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("{words:?} never came");
}

#[rocket::async_test]
async fn the_layout_is_found_next_to_the_file_that_names_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).expect("it is written");
    fs::create_dir(folder.path().join("views")).expect("a folder");
    write("Rocket.toml", "template_dir = \"views\"");
    write(
        "views/frame.html.tera",
        "my frame{% block title %}{% endblock %}{% block head %}{% endblock %}{% block content %}{% endblock %}",
    );
    for engine in any_engine() {
        let site = host(engine, |figment| {
            let figment = figment.merge(Toml::file(folder.path().join("Rocket.toml")).profile(Profile::Global));
            rocket::custom(figment).attach(Curfew::init().layout("frame"))
        })
        .await;
        assert!(site.visitor().opens("/login").await.must_be(200).body.contains("my frame"));
    }
}
