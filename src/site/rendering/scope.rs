//! What the names in a macro's body stand for where it is called.
//!
//! A macro sees nothing of its caller but its arguments, and what it sets is gone after it. So each
//! name that it makes becomes one that nobody can write, and a name that is not its own is refused.

use std::collections::HashMap;

use rocket_dyn_templates::tera::ast::{Expr, ExprVal};

use super::names::{Place, visit};

/// What every template is given, and no template may give another meaning.
pub(super) const CONTEXT: [&str; 2] = ["shell", "view"];
/// What Tera calls everything that a template is given.
const EVERYTHING: &str = "__tera_context";

/// Why something is left as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It cannot be laid flat.
    Here,
    /// This argument of the macro has to have a name, for no value can stand in all of its places.
    NeedsName(String),
}

/// What a name stands for.
#[derive(Debug, Clone)]
struct Meaning {
    value: ExprVal,
    /// Whether the macro made it itself, and may set it again.
    is_own: bool,
}

/// The names at some place of a page, or of a macro that is written out there.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    names: HashMap<String, Meaning>,
    /// The macros that are being written out here, the outermost first; none on the page itself.
    macros: Vec<(String, String)>,
    /// How many loops of the macro this is in.
    loops: usize,
    /// Whether what is set here may also not be set.
    is_conditional: bool,
}

impl Scope {
    /// That of a macro which is called here.
    pub(super) fn of_macro(&self, file: &str, name: &str) -> Self {
        let mut macros = self.macros.clone();
        macros.push((file.to_owned(), name.to_owned()));
        Self { macros, ..Self::default() }
    }

    /// How many macros deep this is.
    pub(super) const fn depth(&self) -> usize {
        self.macros.len()
    }

    /// Whether that macro is being written out around here.
    pub(super) fn is_within(&self, file: &str, name: &str) -> bool {
        self.macros.iter().any(|(own_file, own_name)| own_file == file && own_name == name)
    }

    /// An argument that is a name or a value of one's own.
    pub(super) fn give(&mut self, argument: &str, value: ExprVal) {
        self.names.insert(argument.to_owned(), Meaning { value, is_own: false });
    }

    /// What the macro makes under that name, from here on.
    pub(super) fn own(&mut self, name: &str, fresh: String) {
        self.names.insert(name.to_owned(), Meaning { value: ExprVal::Ident(fresh), is_own: true });
    }

    /// The name under which something is set here.
    pub(super) fn set(&mut self, key: &str, is_global: bool, fresh: String) -> Result<String, Unfit> {
        if self.is_page() {
            return if CONTEXT.contains(&key) { Err(Unfit::Here) } else { Ok(key.to_owned()) };
        }
        if is_global && self.loops > 0 {
            return Err(Unfit::Here); // it would outlive the macro
        }
        match self.names.get(key) {
            Some(Meaning { value: ExprVal::Ident(own), is_own: true }) => Ok(own.clone()),
            None if !self.is_conditional => {
                self.own(key, fresh.clone());
                Ok(fresh)
            }
            _ => Err(Unfit::Here),
        }
    }

    /// The scope of a loop here, whose names are its own.
    pub(super) fn in_loop(&self) -> Self {
        Self { loops: self.loops + 1, is_conditional: false, ..self.clone() }
    }

    /// The name of a loop's key or value.
    pub(super) fn loop_name(&mut self, name: &str, fresh: String) -> Result<String, Unfit> {
        if self.is_page() {
            return if CONTEXT.contains(&name) { Err(Unfit::Here) } else { Ok(name.to_owned()) };
        }
        self.own(name, fresh.clone());
        Ok(fresh)
    }

    /// What is set from here on may also not be set; returns what to put back after it.
    pub(super) const fn set_conditional(&mut self, is_conditional: bool) -> bool {
        std::mem::replace(&mut self.is_conditional, is_conditional)
    }

    /// Whether a loop can be left here.
    pub(super) const fn can_leave_loop(&self) -> bool {
        self.loops > 0 || self.is_page()
    }

    /// The expression with what its names stand for.
    pub(super) fn resolve(&self, expr: &Expr) -> Result<Expr, Unfit> {
        let mut resolved = expr.clone();
        visit(&mut resolved, &mut |place| {
            match place {
                Place::Value(value) => {
                    if let ExprVal::Ident(name) = value {
                        *value = self.meaning(name)?;
                    }
                }
                Place::Part(value) => {
                    if let ExprVal::Ident(name) = value {
                        let meaning = self.meaning(name)?;
                        if matches!(meaning, ExprVal::Bool(_)) {
                            return Err(Unfit::NeedsName(root(name).to_owned()));
                        }
                        *value = meaning;
                    }
                }
                Place::Name(name) => *name = self.name(name)?,
                Place::Call | Place::Macro => {}
            }
            Ok(())
        })?;
        Ok(resolved)
    }

    /// The name that stands for a name.
    pub(super) fn name(&self, name: &str) -> Result<String, Unfit> {
        match self.meaning(name)? {
            ExprVal::Ident(name) => Ok(name),
            _ => Err(Unfit::NeedsName(root(name).to_owned())),
        }
    }

    fn meaning(&self, name: &str) -> Result<ExprVal, Unfit> {
        let (root, rest) = (root(name), &name[root(name).len()..]);
        if name == EVERYTHING {
            return Err(Unfit::Here);
        }
        if self.is_page() {
            return Ok(ExprVal::Ident(name.to_owned()));
        }
        if rest.contains('[') {
            return Err(Unfit::Here); // what is in brackets is a name too
        }
        match self.names.get(root).map(|meaning| &meaning.value) {
            Some(ExprVal::Ident(own)) => Ok(ExprVal::Ident(format!("{own}{rest}"))),
            Some(value) if rest.is_empty() => Ok(value.clone()),
            Some(_) => Err(Unfit::NeedsName(root.to_owned())),
            None if CONTEXT.contains(&root) || (root == "loop" && self.loops > 0) => {
                Ok(ExprVal::Ident(name.to_owned()))
            }
            None => Err(Unfit::Here),
        }
    }

    /// Whether this is the page itself, and no macro.
    pub(super) const fn is_page(&self) -> bool {
        self.macros.is_empty()
    }
}

/// `session` of `session.address`.
fn root(name: &str) -> &str {
    name.split(['.', '[']).next().unwrap_or(name)
}
