//! A page in a kept shell equals the whole page rendered by Tera.

use serde_json::{Value, json};
use tera::{Context, Tera};

use super::{
    Root, SiteFiles, Sources, StaticFiles,
    kept_shell::KeptShell,
    loading,
    shell::{EndView, SharedShell, Shell, ShellUser},
};

const HOSTILE: &str = r#"<b onclick="x('&amp;')">{{ shell.csrf_token }}{% raw %}/ session 1"#;
/// These templates use the view in their title or head.
const RENDERED_WHOLE: [&str; 7] =
    ["admin/bulk", "admin/bulk_progress", "admin/event", "admin/user", "admin/user_logins", "error", "refused_form"];

/// The templates of the site.
fn site() -> Tera {
    let (files, root) = (SiteFiles::default(), Root::default());
    let assets = StaticFiles::load(&files, &root).expect("the static files");
    loading::load(&Sources { files, assets, root, layout: None }).expect("the templates of the site")
}

/// A page of another site, with its own base template and an extra block.
fn made(base: &str, block: &str) -> Tera {
    let mut tera = Tera::default();
    let page =
        format!("{{% extends \"base.html\" %}}{block}{{% block content %}}{{{{ view.name }}}}{{% endblock content %}}");
    tera.add_raw_templates([("base.html", base), ("page.html", &page)]).expect("templates");
    tera
}

fn user(username: &str) -> ShellUser<'_> {
    ShellUser { username, is_staff: false, is_superuser: false, login_us: 7, now_ms: 8, ends: None }
}

fn shell<'a>(user: Option<ShellUser<'a>>, csrf_token: Option<&'a str>) -> Shell<'a> {
    Shell {
        site_name: HOSTILE,
        path: "/account",
        address: "/account",
        is_error: false,
        user,
        csrf_token,
        registration_open: true,
        notice: None,
    }
}

fn overview() -> Value {
    let at = "2020-02-03T04:05:06.789Z";
    let session = json!({
        "login_date": at, "ends_at": at, "end_is_scheduled": true, "idle_expires_at": at, "remember": false,
        "address": HOSTILE, "browser": HOSTILE, "system": HOSTILE, "user_agent": HOSTILE,
    });
    json!({
        "username": HOSTILE, "email": HOSTILE, "role": "member", "date_joined": at, "last_login": null,
        "session": session,
    })
}

fn whole(tera: &Tera, template: &str, shell: &Shell<'_>, view: &Value) -> String {
    let context = Context::from_value(json!({ "shell": shell, "view": view })).expect("a context");
    tera.render(template, &context).expect("the whole page")
}

fn within(tera: &Tera, kept: &KeptShell, template: &str, shell: &Shell<'_>, view: &Value) -> String {
    let context = json!({ "shell": shell, "view": view, "content_only": true });
    let context = Context::from_value(context).expect("a context");
    let mut body = Vec::new();
    kept.write_around(shell, &mut body, |body| tera.render_to(template, &context, body)).expect("the page");
    String::from_utf8(body).expect("a text")
}

#[test]
fn every_shell_is_kept_unless_it_uses_the_view() {
    let tera = site();
    let pages = tera.get_template_names().filter(|name| {
        tera.get_template(name).is_ok_and(|page| page.parents.last().is_some_and(|root| root == "base"))
    });
    let is_whole = |page: &&str| KeptShell::render(&tera, page, &shell(Some(user("ana")), Some("token"))).is_none();
    let mut rendered_whole: Vec<&str> = pages.filter(is_whole).collect();
    rendered_whole.sort_unstable();
    assert_eq!(rendered_whole, RENDERED_WHOLE);
}

#[test]
fn a_kept_shell_shows_the_values_of_the_current_user() {
    let tera = site();
    let token = Some("a-token");
    for (is_staff, is_superuser) in [(false, false), (true, false), (true, true), (false, true)] {
        for is_error in [false, true] {
            let of = |username, csrf_token, login_us| {
                let user = ShellUser { is_staff, is_superuser, login_us, now_ms: login_us + 1, ..user(username) };
                Shell { is_error, ..shell(Some(user), csrf_token) }
            };
            let kept = KeptShell::render(&tera, "account/overview", &of("ana", token, 1)).expect("a shell");
            for shell in [of("ana", token, 1), of("ben", Some("another"), 2), of(HOSTILE, Some(HOSTILE), 3)] {
                let page = within(&tera, &kept, "account/overview", &shell, &overview());
                assert_eq!(page, whole(&tera, "account/overview", &shell, &overview()));
                assert!(shell.user.as_ref().is_some_and(|user| user.username == "ana") || !page.contains("ana is"));
            }
        }
    }
    let kept = KeptShell::render(&tera, "home", &shell(None, None)).expect("a shell");
    let page = within(&tera, &kept, "home", &shell(None, None), &json!({}));
    assert_eq!(page, whole(&tera, "home", &shell(None, None), &json!({})));
}

#[test]
fn requests_with_different_shells_have_different_kinds() {
    let ana = || Some(user("ana"));
    let kind = SharedShell::of(&shell(ana(), Some("token")));
    assert_eq!(kind, SharedShell::of(&shell(Some(user("ben")), Some("another"))));
    for other in [
        shell(None, Some("token")),
        shell(ana(), None),
        shell(Some(ShellUser { is_staff: true, ..user("ana") }), Some("token")),
        shell(Some(ShellUser { is_superuser: true, ..user("ana") }), Some("token")),
        Shell { address: "/account/sessions", ..shell(ana(), Some("token")) },
        Shell { is_error: true, ..shell(ana(), Some("token")) },
        Shell { registration_open: false, ..shell(ana(), Some("token")) },
        Shell { site_name: "Other", ..shell(ana(), Some("token")) },
    ] {
        assert_ne!(kind, SharedShell::of(&other), "{other:?}");
    }
    let ends = EndView { at: chrono::Utc::now(), user_reason: None };
    let warned = ShellUser { ends: Some(ends), ..user("ana") };
    assert_eq!(SharedShell::of(&shell(Some(warned), Some("token"))), None);
}

#[test]
fn a_page_is_rendered_whole_if_its_head_uses_the_view_or_its_base_has_no_gap() {
    let with_gap = "<title>{% block title %}{% endblock title %}</title>\
        {% if gap %}{{ gap }}{% else %}{% block content %}{% endblock content %}{% endif %}";
    let without_gap = "{% block title %}{% endblock title %}{% block content %}{% endblock content %}";
    let titled = |title: &str| format!("{{% block title %}}{title}{{% endblock title %}}");
    for (base, title, is_kept) in [
        (with_gap, "The view of a garden of {{ shell.site_name }}", true),
        (with_gap, "{{ view.name }}", false),
        (with_gap, "{% if view.lacks %}a{% endif %}", false),
        (with_gap, "{% if view is object %}a{% endif %}", false),
        (with_gap, "{{ shell[view.name] }}", false),
        (with_gap, "{{ shell.path | replace(from=view.name, to=\"\") }}", false),
        (with_gap, "{{ __tera_context }}", false),
        (without_gap, "A garden", false),
    ] {
        let tera = made(base, &titled(title));
        assert_eq!(KeptShell::render(&tera, "page.html", &shell(None, None)).is_some(), is_kept, "{title}");
    }
}
