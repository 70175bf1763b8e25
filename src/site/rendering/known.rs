//! What is the same for every request of a page, and what follows from it.
//!
//! It is Tera that says what follows. Nothing is concluded from a filter or a function: the words
//! for a moment are others tomorrow.

use rocket_dyn_templates::tera::{
    Context, Template, Tera, Value,
    ast::{Expr, ExprVal, If, Node, WS},
};

use super::names::{Place, has};

/// What is known, and a Tera to ask.
pub(super) struct Known<'t> {
    values: Value,
    context: Context,
    page: &'t Template,
    asked: Tera,
}

impl<'t> Known<'t> {
    /// For a page of those templates.
    pub(super) fn new(tera: &Tera, page: &'t Template, values: Value) -> Option<Self> {
        let context = Context::from_value(values.clone()).ok()?;
        let mut asked = Tera::default();
        asked.autoescape_on(tera.autoescape_suffixes.clone());
        asked.set_escape_fn(*tera.get_escape_fn());
        Some(Self { values, context, page, asked })
    }

    /// What is shown for an expression, escaped as it is there.
    pub(super) fn text(&mut self, expr: &Expr) -> Option<String> {
        self.is_known(expr).then(|| self.ask(Node::VariableBlock(WS::default(), expr.clone())))?
    }

    /// Whether a condition holds.
    pub(super) fn truth(&mut self, condition: &Expr) -> Option<bool> {
        // Of an object only some values are known, which is enough to know that it is there.
        let is_object = match &condition.val {
            ExprVal::Ident(name) if condition.filters.is_empty() => self.value(name).is_some_and(Value::is_object),
            _ => false,
        };
        if !is_object && !self.is_known(condition) {
            return None;
        }
        let body = vec![Node::Text("true".to_owned())];
        let choice = If { conditions: vec![(WS::default(), condition.clone(), body)], otherwise: None };
        self.ask(Node::If(choice, WS::default())).map(|said| !said.is_empty())
    }

    fn is_known(&self, expr: &Expr) -> bool {
        let is_scalar = |name: &str| self.value(name).is_some_and(|value| !value.is_object() && !value.is_array());
        !has(expr, |place| match place {
            Place::Value(ExprVal::Ident(name)) | Place::Part(ExprVal::Ident(name)) | Place::Name(name) => {
                !is_scalar(name)
            }
            Place::Value(_) | Place::Part(_) | Place::Call | Place::Macro => true,
        })
    }

    fn value(&self, name: &str) -> Option<&Value> {
        name.split('.').try_fold(&self.values, |value, part| value.get(part))
    }

    fn ask(&mut self, node: Node) -> Option<String> {
        let question = super::flatten::flat_template(self.page, vec![node], Vec::new());
        self.asked.templates.insert(question.name.clone(), question);
        self.asked.render(&self.page.name, &self.context).ok()
    }
}
