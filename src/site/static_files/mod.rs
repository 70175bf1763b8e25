//! Static files: served from memory.
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
    sync::Arc,
};

use rocket::fairing::AdHoc;
use tera::{Function, Tera, Value};

use self::file::StaticFile;
pub(super) use self::routes::routes;
use super::files::SiteFiles;
use crate::{gate::Root, settings::SettingsError};

/// All files, by their path below `static`. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct StaticFiles(Arc<BTreeMap<String, Arc<StaticFile>>>);

impl StaticFiles {
    /// Bundles the styles and scripts, and gives every file its address below the root of the pages.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub(super) fn load(files: &SiteFiles, root: &Root) -> Result<Self, SettingsError> {
        let mut contents = files.static_files()?;
        bundles::add(&mut contents);
        let files = contents.into_iter().map(|(name, content)| {
            let file = Arc::new(StaticFile::new(&name, content, root));
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

/// Compresses the files in the background.
pub(super) fn stage(files: StaticFiles) -> AdHoc {
    AdHoc::on_ignite("Static files", |rocket| async {
        let compressed = files.clone();
        rocket.manage(files).attach(AdHoc::on_liftoff("Compression", |_| {
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
