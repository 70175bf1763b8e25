//! Renders pages from templates.
//!
//! A page is its own content inside a shell: the head, the navigation and the footer, from `base.html.tera`. Between
//! requests of one kind the shell differs only in a few personal values. So the site renders each shell once, keeps it
//! with gaps for these values, and lets Tera render only the content. The result must equal the whole template rendered
//! by Tera, byte for byte; debug builds compare the two for every page.

mod kept_shell;
mod layout;
mod loading;
mod page;
pub(super) mod shell;
pub(super) mod wording;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::{Duration, Instant, SystemTime},
};

use chrono::Utc;
use rocket::http::ContentType;
use serde::Serialize;
use tera::Tera;

use self::{
    kept_shell::KeptShell,
    shell::{SharedShell, Shell},
};
use super::{files::SiteFiles, static_files::StaticFiles};
use crate::{gate::Root, settings::SettingsError};
pub(super) use layout::Layout;
pub use page::Page;

/// The initial size of a page's buffer; most pages fit.
const PAGE_BYTES: usize = 8 * 1024;

/// How often a debug build looks for changed templates.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// The context of a template.
#[derive(Debug, Serialize)]
struct Context<'a, V> {
    shell: &'a Shell<'a>,
    view: &'a V,
}

/// The templates of the site, as last loaded. Clones share them.
#[derive(Debug, Clone)]
pub struct Templates(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    sources: Sources,
    loaded: RwLock<Loaded>,
}

/// Where the templates come from, and what they need.
#[derive(Debug, Clone)]
pub(super) struct Sources {
    pub(super) files: SiteFiles,
    pub(super) assets: StaticFiles,
    pub(super) root: Root,
    /// The layout of the host, if its pages shall contain those of Curfew.
    pub(super) layout: Option<Layout>,
}

impl Sources {
    /// When a template was last changed, of Curfew or of the layout.
    fn last_change(&self) -> Option<SystemTime> {
        self.files.last_change().max(self.layout.as_ref().and_then(Layout::last_change))
    }

    fn load(&self) -> Result<Loaded, SettingsError> {
        let changed_at = if cfg!(debug_assertions) { self.last_change() } else { None };
        let tera = loading::load(self)?;
        let layout = self.layout.as_ref().map(Layout::load).transpose()?;
        Ok(Loaded { tera, layout, shells: HashMap::new(), changed_at, looked_at: Instant::now() })
    }
}

#[derive(Debug)]
struct Loaded {
    tera: Tera,
    /// The host's own templates, with its layout.
    layout: Option<Tera>,
    /// The kept shells. `None` for a template that Tera must render as a whole.
    shells: HashMap<(&'static str, SharedShell), Option<KeptShell>>,
    /// In debug builds, the last change of a template, and when the site last looked for one.
    changed_at: Option<SystemTime>,
    looked_at: Instant,
}

impl Templates {
    /// Loads the templates.
    ///
    /// # Errors
    /// Returns an error if a template cannot be read or parsed.
    pub(super) fn load(sources: Sources) -> Result<Self, SettingsError> {
        let loaded = RwLock::new(sources.load()?);
        Ok(Self(Arc::new(Inner { sources, loaded })))
    }

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
        let mut context = tera::Context::from_serialize(Context { shell, view })?;
        let has_own_shell = self.0.sources.layout.is_none();
        if !has_own_shell {
            context.insert("part_end", &layout::PART_END);
        }
        let key = SharedShell::of(shell).filter(|_| is_path_one_of_few && has_own_shell).map(|kind| (template, kind));
        if cfg!(debug_assertions) {
            self.load_again_after_a_change();
        }
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
            None => loaded.render(template, &context).and_then(|body| loaded.within_layout(body)),
        })?;
        Ok(Page::new(loaded.content_type(template)?, body))
    }

    /// Where the pages are.
    pub(super) fn root(&self) -> &Root {
        &self.0.sources.root
    }

    /// The static files that the templates name.
    pub(super) fn assets(&self) -> &StaticFiles {
        &self.0.sources.assets
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

    /// Loads the templates again if one has changed. A template that is malformed changes nothing.
    fn load_again_after_a_change(&self) {
        let Inner { sources, .. } = &*self.0;
        if self.read().looked_at.elapsed() < LOOK_INTERVAL {
            return;
        }
        let mut loaded = self.write();
        loaded.looked_at = Instant::now();
        let changed_at = sources.last_change();
        if changed_at == loaded.changed_at {
            return;
        }
        match sources.load() {
            Ok(again) => *loaded = again,
            Err(error) => {
                loaded.changed_at = changed_at;
                log::error!("the templates stay as they were: {error}");
            }
        }
    }

    /// Ignores poisoning: a panic while rendering leaves the templates intact.
    fn read(&self) -> RwLockReadGuard<'_, Loaded> {
        self.0.loaded.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Loaded> {
        self.0.loaded.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loaded {
    fn render(&self, template: &str, context: &tera::Context) -> tera::Result<Vec<u8>> {
        let mut body = Vec::with_capacity(PAGE_BYTES);
        self.tera.render_to(template, context, &mut body)?;
        Ok(body)
    }

    /// Puts the parts of a page into the layout of the host, if there is one.
    fn within_layout(&self, body: Vec<u8>) -> tera::Result<Vec<u8>> {
        match &self.layout {
            Some(layout) => layout::fill(layout, body),
            None => Ok(body),
        }
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

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests;
