//! Finds where an expression reads a name, and where it calls a filter, a function or a macro.
//!
//! A place that is missed here would count as known, so each new kind of expression must be added to the match.

use rocket_dyn_templates::tera::ast::{Expr, ExprVal};

/// A place in an expression whose value the expression alone does not decide.
pub(super) enum Place<'e> {
    /// A name that any value can replace.
    Value(&'e mut ExprVal),
    /// A name inside a concatenation, which a text or a number can replace.
    Part(&'e mut ExprVal),
    /// A name that only another name can replace.
    Name(&'e mut String),
    /// A call of a filter or a function, whose result may differ each time.
    Call,
    /// A call of a macro.
    Macro,
}

/// Calls `see` for every such place, until the first error.
pub(super) fn visit<E>(expr: &mut Expr, see: &mut dyn FnMut(Place<'_>) -> Result<(), E>) -> Result<(), E> {
    for filter in &mut expr.filters {
        see(Place::Call)?;
        visit_all(filter.args.values_mut(), see)?;
    }
    match &mut expr.val {
        // A filter's value is decided by the expression that it is part of.
        ExprVal::Ident(name) if !expr.filters.is_empty() => see(Place::Name(name)),
        value => visit_value(value, see),
    }
}

fn visit_value<E>(value: &mut ExprVal, see: &mut dyn FnMut(Place<'_>) -> Result<(), E>) -> Result<(), E> {
    match value {
        ExprVal::String(_) | ExprVal::Int(_) | ExprVal::Float(_) | ExprVal::Bool(_) => Ok(()),
        ExprVal::Ident(_) => see(Place::Value(value)),
        ExprVal::Math(math) => visit_all([&mut *math.lhs, &mut *math.rhs], see),
        ExprVal::Logic(logic) => visit_all([&mut *logic.lhs, &mut *logic.rhs], see),
        ExprVal::In(both) => visit_all([&mut *both.lhs, &mut *both.rhs], see),
        ExprVal::Array(values) => visit_all(values, see),
        ExprVal::Test(test) => {
            see(Place::Name(&mut test.ident))?;
            visit_all(&mut test.args, see)
        }
        ExprVal::StringConcat(text) => text.values.iter_mut().try_for_each(|part| match part {
            ExprVal::Ident(_) => see(Place::Part(part)),
            part => visit_value(part, see),
        }),
        ExprVal::FunctionCall(call) => {
            see(Place::Call)?;
            visit_all(call.args.values_mut(), see)
        }
        ExprVal::MacroCall(call) => {
            see(Place::Macro)?;
            visit_all(call.args.values_mut(), see)
        }
    }
}

fn visit_all<'e, E>(
    exprs: impl IntoIterator<Item = &'e mut Expr>,
    see: &mut dyn FnMut(Place<'_>) -> Result<(), E>,
) -> Result<(), E> {
    exprs.into_iter().try_for_each(|expr| visit(expr, see))
}

/// Whether the predicate holds for any such place.
pub(super) fn has(expr: &Expr, fits: impl Fn(Place<'_>) -> bool) -> bool {
    visit(&mut expr.clone(), &mut |place| if fits(place) { Err(()) } else { Ok(()) }).is_err()
}
