//! Renders the templates. The parts that are the same for many requests are rendered once, on the first of them.
//!
//! A page must be, byte for byte, what Tera renders from the template as written. A test compares both for every page.

mod flatten;
mod known;
mod names;
mod page;
mod scope;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use chrono::Utc;
use rocket::{fairing::AdHoc, http::ContentType};
use rocket_dyn_templates::{
    Template,
    tera::{self, Tera},
};
use serde::Serialize;

use super::{
    pages::{
        shell::{Kind, Shell},
        wording,
    },
    static_files::StaticFiles,
};
pub use page::Page;

/// The maximum number of kinds of requests that a template is prepared for. A kind is an address, a role, and whether
/// there is a notice.
const KINDS_PER_TEMPLATE: usize = 32;
/// The initial capacity for a page, in bytes. Most pages fit.
const PAGE_BYTES: usize = 8 * 1024;

/// The context of a template: the shell, which every page has, and the page's own view.
#[derive(Debug, Serialize)]
struct Context<'a, V> {
    shell: &'a Shell<'a>,
    view: &'a V,
}

/// The templates of the site, as they were last loaded. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Templates(Arc<RwLock<Loaded>>);

#[derive(Debug, Default)]
struct Loaded {
    tera: Tera,
    prepared: HashMap<&'static str, Vec<Prepared>>,
}

/// A template that is prepared for one kind of requests.
#[derive(Debug)]
struct Prepared {
    kind: Kind<String>,
    /// The name of the prepared template in Tera.
    key: String,
}

impl Templates {
    /// Renders a page. `is_path_one_of_few` says whether the route has few paths, so that each can be prepared.
    ///
    /// # Errors
    /// Returns an error if there is no such template, or if it cannot be rendered.
    pub fn render(
        &self,
        template: &'static str,
        (shell, is_path_one_of_few): (&Shell<'_>, bool),
        view: &impl Serialize,
    ) -> tera::Result<Page> {
        let context = tera::Context::from_serialize(Context { shell, view })?;
        let kind = Kind::of(shell, is_path_one_of_few);
        let mut loaded = self.read();
        let is_new = !loaded.is_prepared(template, &kind);
        if is_new {
            drop(loaded);
            let mut loading = self.write();
            loading.prepare(template, &kind);
            loaded = RwLockWriteGuard::downgrade(loading);
        }
        let key = loaded.key(template, &kind);
        let body = wording::as_read_at(Utc::now(), || {
            let body = loaded.render(key, &context)?;
            // In a debug build, the first page of each kind is rendered both ways.
            debug_assert!(
                !is_new || body == loaded.render(template, &context)?,
                "{template} is not rendered as it is written"
            );
            tera::Result::Ok(body)
        })?;
        Ok(Page::new(loaded.content_type(template)?, body))
    }

    fn load(&self, tera: Tera) {
        *self.write() = Loaded { tera, prepared: HashMap::new() };
    }

    /// A panic while rendering leaves the templates intact, so a poisoned lock is still usable.
    fn read(&self) -> RwLockReadGuard<'_, Loaded> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Loaded> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loaded {
    fn find(&self, template: &str, kind: &Kind<&str>) -> Option<&Prepared> {
        self.prepared.get(template)?.iter().find(|prepared| prepared.kind == *kind)
    }

    fn is_prepared(&self, template: &str, kind: &Kind<&str>) -> bool {
        let is_full = || self.prepared.get(template).is_some_and(|kinds| kinds.len() >= KINDS_PER_TEMPLATE);
        self.find(template, kind).is_some() || is_full()
    }

    fn key<'a>(&'a self, template: &'a str, kind: &Kind<&str>) -> &'a str {
        self.find(template, kind).map_or(template, |prepared| &prepared.key)
    }

    /// Prepares a template for a kind of requests. A template that cannot be flattened is used as written.
    fn prepare(&mut self, template: &'static str, kind: &Kind<&str>) {
        if self.is_prepared(template, kind) {
            return; // another request has prepared it meanwhile
        }
        let flat = flatten::flatten(&self.tera, template, kind.values());
        let kinds = self.prepared.entry(template).or_default();
        let key = match flat {
            Some(flat) => {
                let key = format!("{template} {}", kinds.len());
                self.tera.templates.insert(key.clone(), flat);
                key
            }
            None => template.to_owned(),
        };
        kinds.push(Prepared { kind: kind.to_owned(), key });
    }

    fn render(&self, key: &str, context: &tera::Context) -> tera::Result<Vec<u8>> {
        let mut body = Vec::with_capacity(PAGE_BYTES);
        self.tera.render_to(key, context, &mut body)?;
        Ok(body)
    }

    /// The content type, by the name of the file: `home.html.tera` is HTML.
    fn content_type(&self, template: &str) -> tera::Result<ContentType> {
        let path = self.tera.get_template(template)?.path.as_deref().unwrap_or(template);
        let extension = path.trim_end_matches(".tera").rsplit_once('.').map(|(_, extension)| extension);
        Ok(extension.and_then(ContentType::from_extension).unwrap_or(ContentType::Text))
    }
}

/// Loads the templates, with the filters that they use. A debug build loads them again after each change.
pub(super) fn stage(files: StaticFiles) -> AdHoc {
    AdHoc::on_ignite("Templates", |rocket| async {
        let templates = Templates::default();
        let loaded = templates.clone();
        rocket.manage(templates).attach(Template::custom(move |engines| {
            wording::register(&mut engines.tera);
            files.register(&mut engines.tera);
            loaded.load(engines.tera.clone());
        }))
    })
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test says what it expects
mod tests;
