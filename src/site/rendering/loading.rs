//! Loads the templates.
//!
//! A template's name is its path without the ending, so pages extend `base` and not a file.

use std::{panic::resume_unwind, thread};

use tera::{Template, Tera};

use super::{Sources, layout::BASE, wording};
use crate::settings::SettingsError;

/// The templates whose values are escaped.
const HTML: &str = ".html.tera";
/// How an address of the site's own begins in a template: `@/login` is the login page, wherever the site's pages are.
const OWN_ADDRESSES: [&str; 3] = ["\"@/", "\"@{", "%}@/"];

/// Loads every template of the site. Own addresses get the root of the pages, as browsers see it.
///
/// # Errors
/// Returns an error if a template cannot be read or parsed, or extends or imports one that does not exist.
pub(super) fn load(Sources { files, assets, root, layout }: &Sources) -> Result<Tera, SettingsError> {
    let mut tera = Tera::default();
    tera.autoescape_on(vec![HTML]);
    let files = files.templates()?;
    let named = files.iter().filter_map(|(path, text)| match name_of(path) {
        "base" if layout.is_some() => None,
        BASE if layout.is_some() => Some(("base", path, text)),
        name => Some((name, path, text)),
    });
    for template in parse_all(&named.collect::<Vec<_>>(), root.seen())? {
        tera.templates.insert(template.name.clone(), template);
    }
    tera.build_inheritance_chains().map_err(|error| refused("templates", &error))?;
    tera.check_macro_files().map_err(|error| refused("templates", &error))?;
    wording::register(&mut tera);
    assets.register(&mut tera);
    Ok(tera)
}

/// Parses templates, given as name, path and text, on all cores.
fn parse_all(named: &[(&str, &String, &String)], root: &str) -> Result<Vec<Template>, SettingsError> {
    let parse_part = |part: &[(&str, &String, &String)]| -> Result<Vec<Template>, SettingsError> {
        let parsed = part
            .iter()
            .map(|(name, path, text)| parse(name, path, with_root(text, root)).map_err(|error| refused(path, &error)));
        parsed.collect()
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let parts = named.chunks(named.len().div_ceil(cores).max(1));
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || parse_part(part))).collect();
        let mut templates = Vec::with_capacity(named.len());
        for thread in threads {
            templates.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        }
        Ok(templates)
    })
}

#[cfg(not(debug_assertions))]
fn parse(name: &str, path: &str, text: String) -> tera::Result<Template> {
    Template::new(name, Some(path.to_owned()), &text)
}

/// Parses each text once in a process, because tests start hundreds of sites.
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

/// Prefixes every address of the site's with the root.
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
