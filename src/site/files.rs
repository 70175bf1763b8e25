//! The templates and static files. They are part of the program; a site replaces or adds files in its override folder.
//!
//! In the override folder, templates are where they are in `templates`, and static files are below `static`. Debug
//! builds read the embedded files from Curfew's source, so that a change shows without a build.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use rust_embed::RustEmbed;

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
        self.read_overrides("", &mut contents)?;
        let templates = contents.into_iter().filter(|(path, _)| path.ends_with(TEMPLATE) && !is_static(path));
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
        [Some(source), self.overrides.clone()].into_iter().flatten().filter_map(|folder| newest_below(&folder)).max()
    }

    fn read_overrides(&self, below: &str, contents: &mut Contents) -> Result<(), SettingsError> {
        let Some(folder) = self.overrides.as_ref().map(|folder| folder.join(below)).filter(|folder| folder.is_dir())
        else {
            return Ok(());
        };
        read_below(&folder, "", contents).map_err(|error| {
            SettingsError::new(&format!("the folder {}", folder.display()), error.to_string(), "a folder of text files")
        })
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

fn is_static(path: &str) -> bool {
    path.strip_prefix(STATIC).is_some_and(|rest| rest.starts_with('/'))
}

/// Adds every file below a folder, except hidden ones.
fn read_below(folder: &Path, prefix: &str, contents: &mut Contents) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| !name.starts_with('.')) else {
            continue;
        };
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            read_below(&path, &format!("{name}/"), contents)?;
        } else {
            contents.insert(name, fs::read(&path)?);
        }
    }
    Ok(())
}

/// The latest change of a file or folder below a folder.
fn newest_below(folder: &Path) -> Option<SystemTime> {
    let below = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let of_entry = |path: PathBuf| if path.is_dir() { newest_below(&path) } else { changed_at(&path) };
    below.filter_map(of_entry).chain(changed_at(folder)).max()
}

fn changed_at(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
