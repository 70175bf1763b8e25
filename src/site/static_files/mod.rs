//! Static files: read once at startup and served from memory.
//!
//! Templates refer to a file by `asset(name="…")`. The address contains a hash of the content, so browsers can cache
//! it forever and a page never loads styles or scripts of another version. Only static files are compressed. Pages must
//! not be: they contain secrets next to input from others, so the length of a compressed page would leak the secrets.

mod bundles;
mod encoding;
mod file;
mod routes;

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::Path,
    sync::Arc,
};

use rocket::fairing::AdHoc;
use tera::{Function, Tera, Value};

use self::file::StaticFile;
use crate::settings::SettingsError;

/// All files, by their path below `static`. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct StaticFiles(Arc<BTreeMap<String, Arc<StaticFile>>>);

impl StaticFiles {
    /// Reads a folder and bundles the styles and scripts.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be read or a source of a bundle is missing.
    pub(super) fn read(folder: &Path) -> Result<Self, SettingsError> {
        let mut contents = BTreeMap::new();
        read_below(folder, "", &mut contents).map_err(|error| refused(folder, &error.to_string()))?;
        bundles::add(&mut contents).map_err(|missing| refused(folder, &format!("without `{missing}`")))?;
        let files = contents.into_iter().map(|(name, content)| {
            let file = Arc::new(StaticFile::new(&name, content));
            (name, file)
        });
        Ok(Self(Arc::new(files.collect())))
    }

    /// Registers the template function `asset(name="site.css")`, which returns the address of a file.
    pub(super) fn register(&self, tera: &mut Tera) {
        tera.register_function("asset", Asset(self.clone()));
    }

    /// Finds the file of a path, and which version of it the path means.
    fn find(&self, path: &str) -> Option<(&Arc<StaticFile>, Meant)> {
        if let Some(file) = self.0.get(path) {
            return Some((file, Meant::Any));
        }
        let (name, hash) = file::without_hash(path)?;
        let file = self.0.get(&name)?;
        Some((file, if file.hash() == hash { Meant::This } else { Meant::Another }))
    }
}

/// The version of a file that an address means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meant {
    /// Any: the address has no hash.
    Any,
    /// The current version.
    This,
    /// Another version. During a rolling upgrade, a page and its files may come from different nodes.
    ///
    /// Other sites answer 404, because they keep the files of several versions or share them between nodes. A node here
    /// has its own files only, so every second page would be without any style until the upgrade is over. So styles and
    /// pictures of this version are sent, and never cached, because they most likely fit. A script of another version
    /// is not sent: it could act on a form that it does not know, for example send a time in another zone. Without
    /// scripts every page works.
    Another,
}

struct Asset(StaticFiles);

impl Function for Asset {
    fn call(&self, arguments: &HashMap<String, Value>) -> tera::Result<Value> {
        let name = arguments.get("name").and_then(Value::as_str).unwrap_or_default();
        let file = self.0.0.get(name).ok_or_else(|| tera::Error::msg(format!("there is no `static/{name}`")))?;
        Ok(Value::String(file.address().to_owned()))
    }

    /// An address contains nothing to escape but its slashes.
    fn is_safe(&self) -> bool {
        true
    }
}

fn read_below(folder: &Path, prefix: &str, contents: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
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

fn refused(folder: &Path, what: &str) -> SettingsError {
    let folder = format!("the folder `{}`", folder.display());
    SettingsError::new(&folder, what, "the one that comes with the program, with files of your own added")
}

/// Serves the files and compresses them in the background.
pub(super) fn stage(files: StaticFiles) -> AdHoc {
    AdHoc::on_ignite("Static files", |rocket| async {
        let compressed = files.clone();
        rocket.manage(files).mount("/", routes::routes()).attach(AdHoc::on_liftoff("Compression", |_| {
            Box::pin(async move {
                // Debug builds take a second, so there each file is compressed on its first request.
                if !cfg!(debug_assertions) {
                    drop(rocket::tokio::task::spawn_blocking(move || compressed.0.values().for_each(|f| f.compress())));
                }
            })
        }))
    })
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests;
