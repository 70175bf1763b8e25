//! The templates and static files. They are part of the program; a site replaces or adds files in its override folder.
//!
//! In the override folder, templates are where they are in `templates`, and static files are below `static`. A template's
//! name may leave out `.tera`, so that a host's own engine does not read it. Debug builds read the embedded files from
//! Curfew's source, so that a change shows without a build.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use rust_embed::RustEmbed;
use walkdir::{DirEntry, WalkDir};

use crate::settings::SettingsError;

#[derive(RustEmbed)]
#[folder = "templates"]
struct EmbeddedTemplates;

#[derive(RustEmbed)]
#[folder = "static"]
struct EmbeddedStatic;

/// The folder of static files, in the override folder.
const STATIC: &str = "static";
/// The end of a template's file name.
const TEMPLATE: &str = ".tera";

/// The same without the name of the engine.
const HTML: &str = ".html";

/// The contents of files, by their paths below a folder.
pub(super) type Contents = BTreeMap<String, Vec<u8>>;

/// Where the templates and static files of a site come from.
#[derive(Debug, Clone, Default)]
pub struct SiteFiles {
    overrides: Option<PathBuf>,
}

impl SiteFiles {
    /// The embedded files, and those of a folder that replace them. The folder need not exist.
    pub(super) const fn new(overrides: Option<PathBuf>) -> Self {
        Self { overrides }
    }

    /// The templates, by their paths, such as `admin/user.html.tera`.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or if a template is not text.
    pub(super) fn templates(&self) -> Result<BTreeMap<String, String>, SettingsError> {
        let mut contents = embedded::<EmbeddedTemplates>();
        let mut overrides = Contents::new();
        self.read_overrides("", &mut overrides)?;
        contents.extend(overrides.into_iter().map(|(path, content)| (with_template_end(path), content)));
        let templates = contents.into_iter().filter(|(path, _)| is_template(path) && !is_static(path));
        templates
            .map(|(path, content)| match String::from_utf8(content) {
                Ok(text) => Ok((path, text)),
                Err(_) => Err(SettingsError::new(&format!("the template {path}"), "malformed", "UTF-8 text")),
            })
            .collect()
    }

    /// The static files, by their paths, such as `favicon.svg`.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub(super) fn static_files(&self) -> Result<Contents, SettingsError> {
        let mut contents = embedded::<EmbeddedStatic>();
        self.read_overrides(STATIC, &mut contents)?;
        Ok(contents)
    }

    /// When a template was last changed. Debug builds load the templates again after that.
    pub(super) fn last_change(&self) -> Option<SystemTime> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        [Some(source), self.overrides.clone()]
            .into_iter()
            .flatten()
            .filter_map(|folder| last_change_below(&folder))
            .max()
    }

    fn read_overrides(&self, below: &str, contents: &mut Contents) -> Result<(), SettingsError> {
        let Some(folder) = self.overrides.as_ref().map(|folder| folder.join(below)) else { return Ok(()) };
        for (name, path) in files_below(&folder)? {
            contents.insert(name, fs::read(&path).map_err(|error| unreadable(&path, &error))?);
        }
        Ok(())
    }
}

/// Every embedded file, by its path in an override folder.
pub(crate) fn all_embedded() -> Contents {
    let mut files = embedded::<EmbeddedTemplates>();
    files.extend(embedded::<EmbeddedStatic>().into_iter().map(|(path, content)| (format!("{STATIC}/{path}"), content)));
    files
}

fn embedded<E: RustEmbed>() -> Contents {
    let files = E::iter().filter_map(|path| Some((path.to_string(), E::get(&path)?.data.into_owned())));
    files.collect()
}

/// Whether a file is a template.
pub(super) fn is_template(path: &str) -> bool {
    path.ends_with(TEMPLATE)
}

/// The path of a template as it is embedded: `login.html.tera` for `login.html`.
fn with_template_end(path: String) -> String {
    if path.ends_with(HTML) { path + TEMPLATE } else { path }
}

fn is_static(path: &str) -> bool {
    path.strip_prefix(STATIC).is_some_and(|rest| rest.starts_with('/'))
}

/// The files below a folder, except hidden ones, by their paths there. A folder that is missing has none.
///
/// # Errors
/// Returns an error if the folder cannot be read.
pub(super) fn files_below(folder: &Path) -> Result<Vec<(String, PathBuf)>, SettingsError> {
    let is_hidden = |entry: &DirEntry| entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).into_iter().filter_entry(|entry| !is_hidden(entry)) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
                files.push((below.to_string_lossy().into_owned(), entry.into_path()));
            }
            Ok(_) => {}
            Err(_) if !folder.exists() => {}
            Err(error) => return Err(unreadable(folder, &error)),
        }
    }
    Ok(files)
}

/// The latest change of a folder, and of every file and folder in it.
pub(super) fn last_change_below(folder: &Path) -> Option<SystemTime> {
    let entries = WalkDir::new(folder).follow_links(true).into_iter().filter_map(Result::ok);
    entries.filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> SettingsError {
    SettingsError::new(&path.display().to_string(), format!("not readable ({error})"), "readable by this user")
}
