//! Loads the templates.
//!
//! A template's name is its path without the ending, so pages extend `base` and not a file.

use tera::{Template, Tera};

use super::{Sources, layout::BASE, wording};
use crate::settings::SettingsError;

/// The templates whose values are escaped.
const HTML: &str = ".html.tera";
/// How an own address begins in a template: `@/login` is the login page, wherever the site's pages are.
const OWN_ADDRESSES: [&str; 3] = ["\"@/", "\"@{", "%}@/"];

/// Loads every template of the site. Own addresses get the root of the pages, as browsers see it.
///
/// # Errors
/// Returns an error if a template cannot be read or parsed, or extends or imports one that does not exist.
pub(super) fn load(Sources { files, assets, root, layout }: &Sources) -> Result<Tera, SettingsError> {
    let mut tera = Tera::default();
    tera.autoescape_on(vec![HTML]);
    for (path, text) in files.templates()? {
        let name = match name_of(&path) {
            "base" if layout.is_some() => continue,
            BASE if layout.is_some() => "base",
            name => name,
        };
        let text = with_root(&text, root.seen());
        let template = parse(name, &path, text).map_err(|error| refused(&path, &error))?;
        tera.templates.insert(name.to_owned(), template);
    }
    tera.build_inheritance_chains().map_err(|error| refused("templates", &error))?;
    tera.check_macro_files().map_err(|error| refused("templates", &error))?;
    wording::register(&mut tera);
    assets.register(&mut tera);
    Ok(tera)
}

#[cfg(not(debug_assertions))]
fn parse(name: &str, path: &str, text: String) -> tera::Result<Template> {
    Template::new(name, Some(path.to_owned()), &text)
}

/// Parses each text once in a process: tests start hundreds of sites, and parsing is an eighth of a start.
#[cfg(debug_assertions)]
fn parse(name: &str, path: &str, text: String) -> tera::Result<Template> {
    use std::{
        collections::HashMap,
        sync::{LazyLock, Mutex, PoisonError},
    };
    static PARSED: LazyLock<Mutex<HashMap<(String, String), Template>>> = LazyLock::new(Mutex::default);
    let key = (format!("{name} {path}"), text);
    let known = PARSED.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let template = Template::new(name, Some(path.to_owned()), &key.1)?;
    PARSED.lock().unwrap_or_else(PoisonError::into_inner).insert(key, template.clone());
    Ok(template)
}

/// A template's name: its path, and of its file name what is before the first dot.
pub(super) fn name_of(path: &str) -> &str {
    let file = path.rfind('/').map_or(0, |slash| slash + 1);
    path[file..].find('.').map_or(path, |dot| &path[..file + dot])
}

/// Puts the root before every own address.
fn with_root(text: &str, root: &str) -> String {
    OWN_ADDRESSES.iter().fold(text.to_owned(), |text, own| text.replace(own, &own.replace('@', root)))
}

fn refused(path: &str, error: &tera::Error) -> SettingsError {
    SettingsError::new(&format!("the template {path}"), causes(error), "a template that Tera accepts")
}

/// What is wrong with a template. Tera's last cause names the problem, with the line.
pub(super) fn causes(error: &tera::Error) -> String {
    let error: &dyn std::error::Error = error;
    let causes = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    causes.collect::<Vec<_>>().join(": ")
}
