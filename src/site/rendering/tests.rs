//! A flattened page renders like the page as written.

use rocket_dyn_templates::tera::{
    Context, Tera, Value,
    ast::{Expr, ExprVal, Node},
};
use serde_json::json;

use super::{StaticFiles, flatten::flatten, wording};

const HOSTILE: &str = r#"<b onclick="x('&amp;')">{{ shell.csrf_token }}{% raw %}/ session 1"#;

/// Macros that are hard to expand.
const MACROS: &str = r#"
{% macro plain(a, b="<d>") %}<{{ a }}|{{ b }}|{{ b | upper }}>{% endmacro plain %}
{% macro sets(a) %}
  {%- set x = a ~ "!" %}{% if a %}{% set_global x = "y" %}{% endif %}{{ x }}
{%- endmacro sets %}
{% macro loops(list) %}{% for x in list %}{{ x }}{{ loop.index }}{% endfor %}{% endmacro loops %}
{% macro gathers(list) %}
  {%- set n = 0 %}{% for x in list %}{% set_global n = n + x %}{% endfor %}{{ n }}
{%- endmacro gathers %}
{% macro counts(n) %}{% if n > 0 %}{{ n }}{{ m::counts(n=n - 1) }}{% endif %}{% endmacro counts %}
{% macro tests(p, h) %}
  {%- if p is starting_with(h ~ "/") %}in{% elif p == h %}at{% else %}out{% endif %}
{%- endmacro tests %}
{% macro reaches() %}{{ shell.path }}{{ view.name }}{% endmacro reaches %}
{% macro outer(a) %}{{ m::plain(a=a, b=a ~ "<") }}{{ m::sets(a=a) }}{% endmacro outer %}
{% macro part(s) %}{% if s.user %}{{ s.user.username }}{% endif %}{{ s.path }}{% endmacro part %}
"#;

/// The templates of the site, as Rocket loads them.
fn site() -> Tera {
    let mut tera = Tera::default();
    tera.autoescape_on(vec![".html.tera"]);
    let mut files = Vec::new();
    collect("templates", &mut files);
    let named = files.iter().map(|file| {
        let name = file.trim_start_matches("templates/").trim_end_matches(".html.tera");
        (file.as_str(), Some(name))
    });
    tera.add_template_files(named).expect("the templates of the site");
    wording::register(&mut tera);
    StaticFiles::read(std::path::Path::new("static")).expect("the static files").register(&mut tera);
    tera
}

fn collect(folder: &str, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let path = entry.to_str().expect("a path").to_owned();
        if entry.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

/// Small templates with a base. `block` is the part under test.
fn made(macros: &str, block: &str) -> Tera {
    let mut tera = Tera::default();
    let base = "{% import \"m.html\" as m %}[{{ shell.site_name }}{% block content %}{% endblock content %}]";
    let page = format!("{{% extends \"base.html\" %}}{{% block content %}}{block}{{% endblock content %}}");
    tera.add_raw_templates([("m.html", macros), ("base.html", base), ("page.html", &page)]).expect("templates");
    tera
}

fn context() -> Value {
    json!({
        "shell": { "site_name": "Site & <Co>", "path": "/account", "user": { "username": HOSTILE, "is_staff": false } },
        "view": { "name": HOSTILE, "list": [1, 2, 3], "empty": "", "none": null, "at": "2020-02-03T04:05:06.789Z" },
    })
}

fn known() -> Value {
    json!({ "shell": { "site_name": "Site & <Co>", "path": "/account", "user": { "is_staff": false } } })
}

/// Checks that the page renders the same as written and flattened. Returns the flattened nodes.
fn same_both_ways(tera: &mut Tera, page: &str, known: Value, context: Value) -> Option<Vec<Node>> {
    let context = Context::from_value(context).expect("a context");
    let written = tera.render(page, &context).expect("the page as written");
    let flat = flatten(tera, page, known)?;
    let nodes = flat.ast.clone();
    tera.templates.insert("flat".to_owned(), flat);
    assert_eq!(tera.render("flat", &context).expect("the flattened page"), written);
    Some(nodes)
}

fn is_call(node: &Node) -> bool {
    matches!(node, Node::VariableBlock(_, Expr { val: ExprVal::MacroCall(_), .. }))
}

#[test]
fn every_page_of_the_site_is_laid_flat() {
    let tera = site();
    let pages: Vec<&str> = tera.get_template_names().filter(|name| !name.starts_with("macros/")).collect();
    assert!(pages.len() > 10, "{pages:?}");
    for page in pages {
        assert!(flatten(&tera, page, known()).is_some(), "{page}");
    }
}

#[test]
fn the_account_page_is_the_same_for_everybody_and_calls_nothing() {
    let at = "2020-02-03T04:05:06.789Z";
    let session = json!({
        "login_date": at, "ends_at": at, "end_is_scheduled": true, "idle_expires_at": at, "remember": false,
        "address": HOSTILE, "browser": HOSTILE, "system": HOSTILE, "user_agent": HOSTILE,
    });
    let view = json!({
        "username": HOSTILE, "email": HOSTILE, "role": "member", "date_joined": at, "last_login": null,
        "session": session,
    });
    let notice = json!({ "kind": "error", "text": HOSTILE, "reason": "logged-in-elsewhere", "user_reason": HOSTILE });
    for (is_staff, is_superuser, notice, path) in [
        (false, false, Value::Null, "/account"),
        (true, false, Value::Null, "/account/sessions"),
        (true, true, notice.clone(), "/admin"),
        (false, true, notice, HOSTILE),
    ] {
        let user = json!({
            "username": HOSTILE, "is_staff": is_staff, "is_superuser": is_superuser, "login_us": 7, "now_ms": 8,
        });
        let shell = json!({
            "site_name": HOSTILE, "path": path, "user": user, "csrf_token": HOSTILE, "registration_open": true,
            "notice": notice,
        });
        let user = json!({ "is_staff": is_staff, "is_superuser": is_superuser });
        let mut few = json!({ "shell": { "site_name": HOSTILE, "user": user, "registration_open": true } });
        for with_path in [false, true] {
            if with_path {
                few["shell"]["path"] = path.into();
            }
            let context = json!({ "shell": shell, "view": view });
            let nodes = same_both_ways(&mut site(), "account/overview", few.clone(), context).expect("a flat page");
            assert!(!nodes.iter().any(is_call));
        }
    }
}

#[test]
fn what_macros_make_stays_theirs() {
    for block in [
        "{{ m::plain(a=view.name) }}{{ m::plain(a=\"<i>\", b=\"7\") }}{{ m::plain(a=view.list[0], b=view.name) }}",
        "{% set x = \"page\" %}{{ m::sets(a=view.name) }}{{ m::sets(a=view.empty) }}{{ x }}",
        "{% for x in view.list %}{{ m::sets(a=view.empty) }}{{ m::sets(a=view.name) }}{{ x }}{% endfor %}",
        "{% for x in view.list %}{{ m::loops(list=view.list) }}{{ x }}{{ m::gathers(list=view.list) }}{% endfor %}",
        "{% for x in view.list %}{% if x == 2 %}{% continue %}{% endif %}{{ m::plain(a=x) }}{% endfor %}",
        "{{ m::counts(n=3) }}{{ m::reaches() }}{{ m::outer(a=view.name) }}{{ m::part(s=shell) }}",
        "{{ m::tests(p=shell.path, h=\"/account\") }}{{ m::tests(p=\"/a/b\", h=\"/a\") }}",
        "{{ m::tests(p=view.name, h=\"/\") }}{{ shell.site_name ~ \"<\" }}{{ \"<\" }}{{ 1 + 2 }}",
        "{% set y = m::plain(a=view.name) %}{{ y }}{{ y | safe }}{{ m::plain(a=view.name) | upper }}",
        "{% if shell.user.is_staff or view.none %}a{% elif not view.none %}b{% endif %}",
        "{% if shell.user %}{{ shell.user.username }}{% endif %}{{ view.lacks | default(value=shell.path) }}",
        "{% filter upper %}{{ m::plain(a=view.name) }}{{ shell.site_name }}{% endfilter %}",
        "{% if view.lacks %}a{% endif %}{{ shell.user.is_staff }}{{ now() | date(format=\"%Y\") }}",
    ] {
        let flat = same_both_ways(&mut made(MACROS, block), "page.html", known(), context());
        assert!(flat.is_some(), "{block}");
    }
}

#[test]
fn what_cannot_be_laid_flat_is_left() {
    let macros = "{% macro one() %}1{% endmacro one %}";
    for block in ["{{ super() }}", "{% include \"m.html\" %}", "{{ __tera_context }}", "{% set view = 1 %}"] {
        assert!(flatten(&made(macros, block), "page.html", known()).is_none(), "{block}");
    }
    let mut tera = made(macros, "{{ m::one() }}");
    let other = "{% extends \"base.html\" %}{% import \"base.html\" as m %}";
    tera.add_raw_template("other.html", other).expect("a template");
    assert!(flatten(&tera, "other.html", known()).is_none(), "m is of two files");
}
