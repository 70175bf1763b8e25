//! The meaning of the names in a macro's body when a call of the macro is expanded.
//!
//! A macro sees only its arguments, and the variables that it sets end with it. So each of its variables gets a name
//! that no template can contain, and any other name is refused.

use std::collections::HashMap;

use rocket_dyn_templates::tera::ast::{Expr, ExprVal};

use super::names::{Place, visit};

/// The names in every template's context. No template may give them another meaning.
pub(super) const CONTEXT: [&str; 2] = ["shell", "view"];
/// Tera's name for the whole context.
const EVERYTHING: &str = "__tera_context";

/// Why a node is left as written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It cannot be flattened.
    Here,
    /// This argument of the macro must be a name, because a value cannot replace it everywhere.
    NeedsName(String),
}

/// The meaning of a name.
#[derive(Debug, Clone)]
struct Meaning {
    value: ExprVal,
    /// Whether it is the macro's own variable, which the macro may set again.
    is_own: bool,
}

/// The names at one place of a page, or of a macro that is expanded there.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    names: HashMap<String, Meaning>,
    /// The macros that are being expanded here, outermost first. Empty on the page itself.
    macros: Vec<(String, String)>,
    /// The number of the macro's loops around this place.
    loops: usize,
    /// Whether this place is under a condition, so that a variable may or may not be set here.
    is_conditional: bool,
}

impl Scope {
    /// The scope of a macro that is called here.
    pub(super) fn of_macro(&self, file: &str, name: &str) -> Self {
        let mut macros = self.macros.clone();
        macros.push((file.to_owned(), name.to_owned()));
        Self { macros, ..Self::default() }
    }

    /// The number of nested macro calls.
    pub(super) const fn depth(&self) -> usize {
        self.macros.len()
    }

    /// Whether a call of that macro is being expanded around this place.
    pub(super) fn is_within(&self, file: &str, name: &str) -> bool {
        self.macros.iter().any(|(own_file, own_name)| own_file == file && own_name == name)
    }

    /// Gives an argument its value.
    pub(super) fn give(&mut self, argument: &str, value: ExprVal) {
        self.names.insert(argument.to_owned(), Meaning { value, is_own: false });
    }

    /// Declares a variable of the macro.
    pub(super) fn own(&mut self, name: &str, fresh: String) {
        self.names.insert(name.to_owned(), Meaning { value: ExprVal::Ident(fresh), is_own: true });
    }

    /// The name of a variable that is set here.
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

    /// The scope of a loop, which has its own names.
    pub(super) fn in_loop(&self) -> Self {
        Self { loops: self.loops + 1, is_conditional: false, ..self.clone() }
    }

    /// The name of the variable for a loop's key or value.
    pub(super) fn loop_name(&mut self, name: &str, fresh: String) -> Result<String, Unfit> {
        if self.is_page() {
            return if CONTEXT.contains(&name) { Err(Unfit::Here) } else { Ok(name.to_owned()) };
        }
        self.own(name, fresh.clone());
        Ok(fresh)
    }

    /// Sets whether the nodes that follow are under a condition. Returns the previous value, to restore it afterwards.
    pub(super) const fn set_conditional(&mut self, is_conditional: bool) -> bool {
        std::mem::replace(&mut self.is_conditional, is_conditional)
    }

    /// Whether `break` and `continue` can stay here.
    pub(super) const fn can_leave_loop(&self) -> bool {
        self.loops > 0 || self.is_page()
    }

    /// The expression, with the meaning of each name in its place.
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

    /// The name that replaces this name.
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
            return Err(Unfit::Here); // a name in brackets would need resolving too
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

    /// Whether this is the page itself and not a macro.
    pub(super) const fn is_page(&self) -> bool {
        self.macros.is_empty()
    }
}

/// `session` of `session.address`.
fn root(name: &str) -> &str {
    name.split(['.', '[']).next().unwrap_or(name)
}
