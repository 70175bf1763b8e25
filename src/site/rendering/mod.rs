//! Renders pages from templates.
//!
//! A page is its own content inside a shell: the head, the navigation and the footer, from `base.html.tera`. Between
//! requests of one kind the shell differs only in a few personal values. So the site renders each shell once, keeps it
//! with gaps for these values, and lets Tera render only the content. The result must equal the whole template rendered
//! by Tera, byte for byte; debug builds compare the two for every page.

mod kept_shell;
mod page;
pub(super) mod shell;
pub(super) mod wording;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use chrono::Utc;
use rocket::{fairing::AdHoc, http::ContentType};
use rocket_dyn_templates::Template;
use serde::Serialize;
use tera::Tera;

use self::{
    kept_shell::KeptShell,
    shell::{SharedShell, Shell},
};
use super::static_files::StaticFiles;
pub use page::Page;

/// The initial size of a page's buffer; most pages fit.
const PAGE_BYTES: usize = 8 * 1024;

/// The templates of letters, by file and name.
const LETTERS: [(&str, &str); 2] = [
    ("templates/letters/letter.html.tera", "letters/letter"),
    ("templates/letters/letter_text.txt.tera", "letters/letter_text"),
];

/// The context of a template.
#[derive(Debug, Serialize)]
struct Context<'a, V> {
    shell: &'a Shell<'a>,
    view: &'a V,
}

/// The templates of the site, as last loaded. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Templates(Arc<RwLock<Loaded>>);

#[derive(Debug, Default)]
struct Loaded {
    tera: Tera,
    /// The kept shells. `None` for a template that Tera must render as a whole.
    shells: HashMap<(&'static str, SharedShell), Option<KeptShell>>,
}

impl Templates {
    /// Renders a page. Its shell is kept only if the path is one of few: shells are never dropped.
    ///
    /// # Errors
    /// Returns an error if the template does not exist or fails.
    pub fn render(
        &self,
        template: &'static str,
        (shell, is_path_one_of_few): (&Shell<'_>, bool),
        view: &impl Serialize,
    ) -> tera::Result<Page> {
        let context = tera::Context::from_serialize(Context { shell, view })?;
        let key = SharedShell::of(shell).filter(|_| is_path_one_of_few).map(|kind| (template, kind));
        let mut loaded = self.read();
        if let Some(key) = key.as_ref().filter(|key| !loaded.shells.contains_key(key)) {
            drop(loaded);
            let mut loading = self.write();
            let kept = KeptShell::render(&loading.tera, template, shell);
            loading.shells.insert(key.clone(), kept);
            loaded = RwLockWriteGuard::downgrade(loading);
        }
        let kept = key.and_then(|key| loaded.shells.get(&key)?.as_ref());
        let body = wording::with_current_time(Utc::now(), || match kept {
            Some(kept) => loaded.render_within(kept, template, shell, context),
            None => loaded.render(template, &context),
        })?;
        Ok(Page::new(loaded.content_type(template)?, body))
    }

    /// Loads only the templates of letters, for a command.
    ///
    /// # Errors
    /// Returns an error if a template is missing or malformed.
    pub(super) fn of_letters() -> tera::Result<Self> {
        let mut tera = Tera::default();
        tera.autoescape_on(vec![".html.tera"]);
        tera.add_template_files(LETTERS.map(|(file, name)| (file, Some(name))))?;
        wording::register(&mut tera);
        let templates = Self::default();
        templates.load(tera);
        Ok(templates)
    }

    /// Renders a template without a shell, such as a part of a letter.
    ///
    /// # Errors
    /// Returns an error if the template does not exist or fails.
    pub(super) fn render_text(&self, template: &'static str, view: &impl Serialize) -> tera::Result<String> {
        let mut context = tera::Context::new();
        context.insert("view", view);
        let text = wording::with_current_time(Utc::now(), || self.read().tera.render(template, &context))?;
        // A comment at the top of the template leaves an empty line.
        Ok(text.trim_start().to_owned())
    }

    fn load(&self, tera: Tera) {
        *self.write() = Loaded { tera, shells: HashMap::new() };
    }

    /// Ignores poisoning: a panic while rendering leaves the templates intact.
    fn read(&self) -> RwLockReadGuard<'_, Loaded> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Loaded> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loaded {
    fn render(&self, template: &str, context: &tera::Context) -> tera::Result<Vec<u8>> {
        let mut body = Vec::with_capacity(PAGE_BYTES);
        self.tera.render_to(template, context, &mut body)?;
        Ok(body)
    }

    fn render_within(
        &self,
        kept: &KeptShell,
        template: &str,
        shell: &Shell<'_>,
        mut context: tera::Context,
    ) -> tera::Result<Vec<u8>> {
        #[cfg(debug_assertions)]
        let whole = self.render(template, &context)?;
        context.insert("content_only", &true);
        let mut body = Vec::with_capacity(PAGE_BYTES);
        kept.write_around(shell, &mut body, |body| self.tera.render_to(template, &context, body))?;
        #[cfg(debug_assertions)]
        assert!(body == whole, "{template} differs around a shell that was kept");
        Ok(body)
    }

    /// The content type by file name: `home.html.tera` is HTML.
    fn content_type(&self, template: &str) -> tera::Result<ContentType> {
        let path = self.tera.get_template(template)?.path.as_deref().unwrap_or(template);
        let extension = path.trim_end_matches(".tera").rsplit_once('.').map(|(_, extension)| extension);
        Ok(extension.and_then(ContentType::from_extension).unwrap_or(ContentType::Text))
    }
}

/// Loads the templates and registers their filters. Debug builds reload the templates after each change.
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
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests;
