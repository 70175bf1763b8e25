//! Where in an expression names are read, and where something is called.
//!
//! What is not seen here would be taken for known: a new kind of expression belongs in the match.

use rocket_dyn_templates::tera::ast::{Expr, ExprVal};

/// A place in an expression that depends on more than the expression.
pub(super) enum Place<'e> {
    /// A name is read, and any value could stand in its place.
    Value(&'e mut ExprVal),
    /// A name is read as a part of a text: a text or a number could stand in its place.
    Part(&'e mut ExprVal),
    /// A name is read, and nothing but a name could stand in its place.
    Name(&'e mut String),
    /// A filter or a function is called, and may say something else each time.
    Call,
    /// A macro is called.
    Macro,
}

/// Shows every such place. The first error ends it.
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

/// Whether any such place fits.
pub(super) fn has(expr: &Expr, fits: impl Fn(Place<'_>) -> bool) -> bool {
    visit(&mut expr.clone(), &mut |place| if fits(place) { Err(()) } else { Ok(()) }).is_err()
}
