//! The values that are the same for every request of a kind, and the expressions and conditions that they decide.
//!
//! Tera evaluates these expressions. An expression with a filter or a function is never decided here, because its
//! result may change: a time in words reads differently tomorrow.

use rocket_dyn_templates::tera::{
    Context, Template, Tera, Value,
    ast::{Expr, ExprVal, If, Node, WS},
};

use super::names::{Place, has};

/// The known values, and a Tera that evaluates expressions with them.
pub(super) struct Known<'t> {
    values: Value,
    context: Context,
    page: &'t Template,
    asked: Tera,
}

impl<'t> Known<'t> {
    /// The known values of a page.
    pub(super) fn new(tera: &Tera, page: &'t Template, values: Value) -> Option<Self> {
        let context = Context::from_value(values.clone()).ok()?;
        let mut asked = Tera::default();
        asked.autoescape_on(tera.autoescape_suffixes.clone());
        asked.set_escape_fn(*tera.get_escape_fn());
        Some(Self { values, context, page, asked })
    }

    /// The rendered text of an expression, escaped as on the page. `None` if it is not known.
    pub(super) fn text(&mut self, expr: &Expr) -> Option<String> {
        self.is_known(expr).then(|| self.ask(Node::VariableBlock(WS::default(), expr.clone())))?
    }

    /// Whether a condition is true. `None` if it is not known.
    pub(super) fn truth(&mut self, condition: &Expr) -> Option<bool> {
        // Only some values of an object are known, but that is enough to know that the object exists.
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
