//! Flattens a page: merges it with its base and its macros into one list of nodes, and renders the known values in it.
//!
//! Otherwise Tera would look all of that up again for every page. A call or a page that cannot be flattened stays as
//! written. In both cases Tera renders and escapes the result.

use std::collections::{HashMap, HashSet};

use rocket_dyn_templates::tera::{
    Template, Tera, Value,
    ast::{Block, Expr, ExprVal, FilterSection, Forloop, If, MacroCall, MacroDefinition, Node, Set, WS},
};

use super::{
    known::Known,
    names::{Place, has},
    scope::{Scope, Unfit},
};

/// The maximum depth of nested macro calls that are expanded.
const DEEPEST: usize = 8;

/// Flattens a page, given the known part of its context.
pub(super) fn flatten(tera: &Tera, name: &str, known: Value) -> Option<Template> {
    let page = tera.get_template(name).ok()?;
    let namespaces = namespaces(tera, page)?;
    let known = Known::new(tera, page, known)?;
    let mut flattening = Flattening { tera, page, namespaces, known, made: 0, calls_macros: false };
    let root = page.parents.last().map_or(Some(page), |root| tera.get_template(root).ok())?;
    let nodes = flattening.nodes(&root.ast, &mut Scope::default()).ok()?;
    let called = flattening.namespaces.into_iter().filter(|_| flattening.calls_macros);
    let imports = called.map(|(namespace, file)| (file.to_owned(), namespace.to_owned())).collect();
    let flat = flat_template(page, nodes, imports);
    Some(if flat.imported_macro_files.is_empty() { flat } else { in_a_block(flat) })
}

/// Puts a page that still calls macros into a block: macros that call macros then find them by the names that the
/// block's template imports.
fn in_a_block(mut flat: Template) -> Template {
    let block = Block { name: "flat".to_owned(), body: std::mem::take(&mut flat.ast) };
    flat.ast = vec![Node::Block(WS::default(), block.clone(), WS::default())];
    flat.blocks_definitions = HashMap::from([(block.name.clone(), vec![(flat.name.clone(), block)])]);
    flat
}

/// A template with this content, and with the page's name and path, by which Tera reports errors and escapes.
pub(super) fn flat_template(page: &Template, ast: Vec<Node>, imported_macro_files: Vec<(String, String)>) -> Template {
    Template {
        name: page.name.clone(),
        path: page.path.clone(),
        ast,
        from_extend: false,
        macros: HashMap::new(),
        imported_macro_files,
        parent: None,
        blocks: HashMap::new(),
        parents: Vec::new(),
        blocks_definitions: HashMap::new(),
    }
}

/// The file of each macro namespace. `None` if the page and its macros use one namespace for two files.
fn namespaces<'t>(tera: &'t Tera, page: &'t Template) -> Option<HashMap<&'t str, &'t str>> {
    let mut namespaces = HashMap::new();
    let mut seen = HashSet::new();
    let mut unseen = vec![page.name.as_str()];
    unseen.extend(page.parents.iter().map(String::as_str));
    while let Some(name) = unseen.pop() {
        if !seen.insert(name) {
            continue;
        }
        for (file, namespace) in &tera.get_template(name).ok()?.imported_macro_files {
            if namespaces.insert(namespace.as_str(), file.as_str()).is_some_and(|other| other != file) {
                return None;
            }
            unseen.push(file);
        }
    }
    Some(namespaces)
}

struct Flattening<'t> {
    tera: &'t Tera,
    page: &'t Template,
    namespaces: HashMap<&'t str, &'t str>,
    known: Known<'t>,
    /// The number of names that were made up so far.
    made: usize,
    calls_macros: bool,
}

impl<'t> Flattening<'t> {
    fn nodes(&mut self, nodes: &[Node], scope: &mut Scope) -> Result<Vec<Node>, Unfit> {
        let mut flat = Vec::new();
        for node in nodes {
            self.node(node, scope, &mut flat)?;
        }
        Ok(flat)
    }

    fn node(&mut self, node: &Node, scope: &mut Scope, flat: &mut Vec<Node>) -> Result<(), Unfit> {
        match node {
            Node::Text(text) | Node::Raw(_, text, _) => push_text(flat, text),
            Node::VariableBlock(ws, expr) => self.shown(*ws, expr, scope, flat)?,
            Node::Set(ws, set) => flat.push(Node::Set(*ws, self.set(set, scope)?)),
            Node::If(choice, ws) => self.choice(choice, *ws, scope, flat)?,
            Node::Forloop(start, forloop, end) => {
                flat.push(Node::Forloop(*start, self.forloop(forloop, scope)?, *end));
            }
            Node::FilterSection(start, section, end) => {
                flat.push(Node::FilterSection(*start, self.filter(section, scope)?, *end));
            }
            Node::Block(_, block, _) => {
                let body = self.definition_of(&block.name).unwrap_or(&block.body).to_vec();
                push_all(flat, self.nodes(&body, scope)?);
            }
            Node::Break(_) | Node::Continue(_) if scope.can_leave_loop() => flat.push(node.clone()),
            Node::Comment(..) | Node::ImportMacro(..) | Node::MacroDefinition(..) => {}
            Node::Super | Node::Include(..) | Node::Extends(..) | Node::Break(_) | Node::Continue(_) => {
                return Err(Unfit::Here);
            }
        }
        Ok(())
    }

    /// The body of a block, as the template nearest to the page defines it.
    fn definition_of(&self, block: &str) -> Option<&'t [Node]> {
        let parents = self.page.parents.iter().filter_map(|parent| self.tera.get_template(parent).ok());
        let (_, definition) =
            std::iter::once(self.page).chain(parents).find_map(|one| one.blocks_definitions.get(block))?.first()?;
        Some(&definition.body)
    }

    fn shown(&mut self, ws: WS, expr: &Expr, scope: &Scope, flat: &mut Vec<Node>) -> Result<(), Unfit> {
        if let Expr { val: ExprVal::MacroCall(call), negated: false, filters } = expr
            && filters.is_empty()
        {
            match self.written_out(call, scope) {
                Ok(body) => {
                    push_all(flat, body);
                    return Ok(());
                }
                Err(Unfit::Here) => {}
                Err(needs_name) => return Err(needs_name),
            }
        }
        let expr = self.resolve(expr, scope)?;
        match self.known.text(&expr) {
            Some(text) => push_text(flat, &text),
            None => flat.push(Node::VariableBlock(ws, expr)),
        }
        Ok(())
    }

    fn resolve(&mut self, expr: &Expr, scope: &Scope) -> Result<Expr, Unfit> {
        self.calls_macros |= has(expr, |place| matches!(place, Place::Macro));
        scope.resolve(expr)
    }

    fn set(&mut self, set: &Set, scope: &mut Scope) -> Result<Set, Unfit> {
        let value = self.resolve(&set.value, scope)?;
        let key = scope.set(&set.key, set.global, self.fresh(&set.key))?;
        // In a macro, outside of its loops, `set` and `set_global` mean the same. If the call is expanded inside a loop
        // of the page, they do not: only `set` ends with the loop.
        Ok(Set { key, value, global: set.global && scope.is_page() })
    }

    /// Keeps the branches of a condition that can still be taken.
    fn choice(&mut self, choice: &If, ws: WS, scope: &mut Scope, flat: &mut Vec<Node>) -> Result<(), Unfit> {
        let mut conditions = Vec::new();
        let mut otherwise = choice.otherwise.as_ref().map(|(ws, body)| (*ws, body));
        for (ws, condition, body) in &choice.conditions {
            let condition = self.resolve(condition, scope)?;
            match self.known.truth(&condition) {
                Some(false) => {}
                Some(true) => {
                    otherwise = Some((*ws, body));
                    break;
                }
                None => conditions.push((*ws, condition, self.perhaps(body, scope)?)),
            }
        }
        match otherwise {
            Some((_, body)) if conditions.is_empty() => push_all(flat, self.nodes(body, scope)?),
            None if conditions.is_empty() => {}
            otherwise => {
                let otherwise = match otherwise {
                    Some((ws, body)) => Some((ws, self.perhaps(body, scope)?)),
                    None => None,
                };
                flat.push(Node::If(If { conditions, otherwise }, ws));
            }
        }
        Ok(())
    }

    /// Flattens nodes that are rendered only under a condition.
    fn perhaps(&mut self, body: &[Node], scope: &mut Scope) -> Result<Vec<Node>, Unfit> {
        let was_conditional = scope.set_conditional(true);
        let flat = self.nodes(body, scope)?;
        scope.set_conditional(was_conditional);
        Ok(flat)
    }

    fn forloop(&mut self, forloop: &Forloop, scope: &mut Scope) -> Result<Forloop, Unfit> {
        let mut container = self.resolve(&forloop.container, scope)?;
        if let ExprVal::Ident(name) = &forloop.container.val {
            container.val = ExprVal::Ident(scope.name(name)?);
        }
        let mut inner = scope.in_loop();
        let key = match &forloop.key {
            Some(key) => Some(inner.loop_name(key, self.fresh(key))?),
            None => None,
        };
        let value = inner.loop_name(&forloop.value, self.fresh(&forloop.value))?;
        let body = self.nodes(&forloop.body, &mut inner)?;
        let empty_body = match &forloop.empty_body {
            Some(body) => Some(self.perhaps(body, scope)?),
            None => None,
        };
        Ok(Forloop { key, value, container, body, empty_body })
    }

    fn filter(&mut self, section: &FilterSection, scope: &mut Scope) -> Result<FilterSection, Unfit> {
        let mut filter = section.filter.clone();
        for argument in filter.args.values_mut() {
            *argument = self.resolve(argument, scope)?;
        }
        Ok(FilterSection { filter, body: self.nodes(&section.body, scope)? })
    }

    /// Expands a macro call.
    fn written_out(&mut self, call: &MacroCall, scope: &Scope) -> Result<Vec<Node>, Unfit> {
        let file = *self.namespaces.get(call.namespace.as_str()).ok_or(Unfit::Here)?;
        let tera = self.tera;
        let definition =
            tera.get_template(file).ok().and_then(|file| file.macros.get(&call.name)).ok_or(Unfit::Here)?;
        if scope.is_within(file, &call.name) || scope.depth() >= DEEPEST {
            return Err(Unfit::Here);
        }
        let mut arguments = Vec::new();
        for (name, default) in &definition.args {
            let value = call.args.get(name).map(|given| self.resolve(given, scope)).transpose()?;
            arguments.push((name.as_str(), value.or_else(|| default.clone().filter(is_literal)).ok_or(Unfit::Here)?));
        }
        let mut named = HashSet::new();
        loop {
            let inner = scope.of_macro(file, &call.name);
            match self.body_of(definition, &arguments, &named, inner) {
                Err(Unfit::NeedsName(argument)) if named.insert(argument.clone()) => {}
                other => return other.map_err(|_| Unfit::Here),
            }
        }
    }

    fn body_of(
        &mut self,
        definition: &MacroDefinition,
        arguments: &[(&str, Expr)],
        named: &HashSet<String>,
        mut scope: Scope,
    ) -> Result<Vec<Node>, Unfit> {
        let mut flat = Vec::new();
        for (name, value) in arguments {
            if !named.contains(*name) && (is_literal(value) || is_name(value)) {
                scope.give(name, value.val.clone());
            } else {
                let key = self.fresh(name);
                scope.own(name, key.clone());
                flat.push(Node::Set(WS::default(), Set { key, value: value.clone(), global: false }));
            }
        }
        push_all(&mut flat, self.nodes(&definition.body, &mut scope)?);
        Ok(flat)
    }

    /// A name that no template can contain, because it has a space.
    fn fresh(&mut self, name: &str) -> String {
        self.made += 1;
        format!("{name} {}", self.made)
    }
}

fn is_literal(expr: &Expr) -> bool {
    let is_value = matches!(expr.val, ExprVal::String(_) | ExprVal::Int(_) | ExprVal::Float(_) | ExprVal::Bool(_));
    is_value && !expr.negated && expr.filters.is_empty()
}

fn is_name(expr: &Expr) -> bool {
    let is_name = matches!(&expr.val, ExprVal::Ident(name) if !name.contains('['));
    is_name && !expr.negated && expr.filters.is_empty()
}

fn push_text(flat: &mut Vec<Node>, text: &str) {
    match flat.last_mut() {
        Some(Node::Text(before)) => before.push_str(text),
        _ if text.is_empty() => {}
        _ => flat.push(Node::Text(text.to_owned())),
    }
}

fn push_all(flat: &mut Vec<Node>, nodes: Vec<Node>) {
    for node in nodes {
        match node {
            Node::Text(text) => push_text(flat, &text),
            node => flat.push(node),
        }
    }
}
