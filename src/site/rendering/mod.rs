//! Pages out of templates. What is the same for many requests is worked out for the first of them.
//!
//! Whatever becomes of a template on the way, the page is the one that Tera makes of it as it is
//! written, byte for byte; a test holds that for every page.

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

/// For how many kinds of requests a template is prepared; there are as many as it has addresses,
/// roles, and with or without a notice.
const KINDS_PER_TEMPLATE: usize = 32;
/// What most pages have room in, in bytes.
const PAGE_BYTES: usize = 8 * 1024;

/// What a template is given: the same for every page, and the page's own.
#[derive(Debug, Serialize)]
struct Context<'a, V> {
    shell: &'a Shell<'a>,
    view: &'a V,
}

/// The templates of the site, as they were loaded last. Cloning it shares them.
#[derive(Debug, Clone, Default)]
pub struct Templates(Arc<RwLock<Loaded>>);

#[derive(Debug, Default)]
struct Loaded {
    tera: Tera,
    prepared: HashMap<&'static str, Vec<Prepared>>,
}

/// A template for one kind of requests.
#[derive(Debug)]
struct Prepared {
    kind: Kind<String>,
    /// What it is called in Tera.
    key: String,
}

impl Templates {
    /// A page, for a shell whose path is one of few or of any number.
    ///
    /// # Errors
    /// When the template does, or there is none of that name.
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
            // Where templates are being written, the first page of each kind is rendered both ways.
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

    /// A template that panics is no less whole after it.
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

    /// Where it cannot be laid flat, it stays as it is written.
    fn prepare(&mut self, template: &'static str, kind: &Kind<&str>) {
        if self.is_prepared(template, kind) {
            return; // by another request, meanwhile
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

    /// By the name of its file: `home.html.tera` is a page of HTML.
    fn content_type(&self, template: &str) -> tera::Result<ContentType> {
        let path = self.tera.get_template(template)?.path.as_deref().unwrap_or(template);
        let extension = path.trim_end_matches(".tera").rsplit_once('.').map(|(_, extension)| extension);
        Ok(extension.and_then(ContentType::from_extension).unwrap_or(ContentType::Text))
    }
}

/// Loads the templates with the filters that they use; where they are being written, anew after each change.
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
