//! Puts Curfew's pages into the layout of a host.
//!
//! Two sets of templates never meet, so their names cannot clash. Curfew's templates render the parts of a page: its
//! title, what belongs into its head, and its content. Then the host's layout is rendered around them.

use std::{collections::HashSet, fs, path::PathBuf, time::SystemTime};

use rocket::figment::{Figment, value::magic::RelativePathBuf};
use tera::{Context, Template, Tera};

use super::loading::{causes, name_of};
use crate::{
    settings::SettingsError,
    site::files::{files_below, is_template, last_change_below},
};

/// The base of Curfew's pages within a layout. It renders the parts, in this order: title, head, content.
pub(super) const BASE: &str = "within_layout";
/// Between two parts. Unicode reserves this character for use inside a program, so it does not occur in text.
pub(super) const PART_END: char = '\u{fdd5}';
/// The blocks that a layout must have.
const BLOCKS: [&str; 3] = ["title", "head", "content"];
/// The page of the host that has the parts. It extends the layout.
const PAGE: &str = "curfew page";

/// The layout of a host: a template in the folder of its templates.
#[derive(Debug, Clone)]
pub(in crate::site) struct Layout {
    name: String,
    folder: PathBuf,
}

impl Layout {
    /// The layout with this name, in the `template_dir` of the host's settings.
    pub(in crate::site) fn new(name: &str, figment: &Figment) -> Self {
        // As Rocket's own: relative to the file that sets it.
        let folder = figment.extract_inner::<RelativePathBuf>("template_dir").map(|folder| folder.relative());
        let folder = folder.unwrap_or_else(|_| PathBuf::from("templates"));
        Self { name: name.to_owned(), folder }
    }

    /// When a template of the host was last changed.
    pub(super) fn last_change(&self) -> Option<SystemTime> {
        last_change_below(&self.folder)
    }

    /// Loads all templates of the folder, and a page in the layout.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be read, or the layout is missing or malformed, or needs more than it gets.
    pub(super) fn load(&self) -> Result<Tera, SettingsError> {
        let refused = |what: String| {
            let layout = format!("Curfew::layout, {:?} in {},", self.name, self.folder.display());
            SettingsError::new(&layout, what, "a Tera template with the blocks title, head and content")
        };
        let mut tera = Tera::default();
        tera.autoescape_on(vec![".html.tera", ".html"]);
        for (below, path) in files_below(&self.folder)?.into_iter().filter(|(below, _)| is_template(below)) {
            let name = name_of(&below);
            let text = fs::read_to_string(&path).map_err(|error| refused(format!("{}: {error}", path.display())))?;
            match Template::new(name, Some(below.clone()), &text) {
                Ok(template) => drop(tera.templates.insert(name.to_owned(), template)),
                Err(error) if name == self.name => return Err(refused(causes(&error))),
                // Another engine's, or one that the layout does not use.
                Err(error) => log::debug!("{} is left out of the layout: {error}", path.display()),
            }
        }
        leave_out_fragments(&mut tera, &self.name);
        if !tera.templates.contains_key(&self.name) {
            return Err(refused("missing".to_owned()));
        }
        let page = format!(
            "{{% extends \"{}\" %}}{{% block title %}}{{{{ curfew.title | safe }}}}{{% endblock title %}}\
             {{% block head %}}{{{{ curfew.head | safe }}}}{{% endblock head %}}\
             {{% block content %}}{{{{ curfew.content | safe }}}}{{% endblock content %}}",
            self.name
        );
        tera.add_raw_template(PAGE, &page).map_err(|error| refused(causes(&error)))?;
        let blocks = tera.get_template(&self.name).map_err(|error| refused(causes(&error)))?;
        if let Some(missing) = BLOCKS.iter().find(|block| !blocks.blocks_definitions.contains_key(**block)) {
            return Err(refused(format!("without the block {missing}")));
        }
        // A variable that is not there shows only now.
        fill(&tera, PART_END.to_string().repeat(2).into_bytes()).map_err(|error| refused(causes(&error)))?;
        Ok(tera)
    }
}

/// Leaves out templates that extend or import what is not here, such as Curfew's own that the host has changed. The
/// layout itself stays, so that Tera can say what it lacks.
fn leave_out_fragments(tera: &mut Tera, layout: &str) {
    loop {
        let names: HashSet<String> = tera.templates.keys().cloned().collect();
        let is_complete = |template: &Template| {
            let imported = template.imported_macro_files.iter().map(|(file, _)| file);
            imported.chain(&template.parent).all(|name| names.contains(name))
        };
        tera.templates.retain(|name, template| name == layout || is_complete(template));
        if tera.templates.len() == names.len() {
            return;
        }
    }
}

/// Renders the layout around the parts of a page. A fragment stays as it is.
pub(super) fn fill(layout: &Tera, parts: Vec<u8>) -> tera::Result<Vec<u8>> {
    let parts = String::from_utf8(parts).map_err(|error| tera::Error::msg(error.to_string()))?;
    if !parts.contains(PART_END) {
        return Ok(parts.into_bytes()); // a fragment for a script
    }
    let mut parts = parts.splitn(3, PART_END);
    let mut next = || parts.next().unwrap_or_default().trim();
    let mut context = Context::new();
    context.insert("curfew", &serde_json::json!({ "title": next(), "head": next(), "content": next() }));
    layout.render(PAGE, &context).map(String::into_bytes)
}
