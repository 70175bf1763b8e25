//! A posted form that refuses the fields which it does not have.

use rocket::form::{self, DataField, Error, Errors, FromForm, Options, ValueField, error::ErrorKind};

use crate::gate::CSRF_FIELD;

/// A form that knows the names of its fields.
pub(in crate::site::admin) trait HasFields {
    /// Whether the form has a field of this name.
    fn has_field(name: &str) -> bool;
}

/// A form without unknown fields. Rocket ignores an unknown field, so a bulk action could match more than staff intended.
#[derive(Debug)]
pub(in crate::site) struct Known<F>(pub(in crate::site::admin) F);

/// A form while its fields are read.
pub(in crate::site) struct Reading<'r, F: FromForm<'r>> {
    form: F::Context,
    has_unknown: bool,
}

#[rocket::async_trait]
impl<'r, F: FromForm<'r> + HasFields> FromForm<'r> for Known<F> {
    type Context = Reading<'r, F>;

    fn init(options: Options) -> Self::Context {
        Reading { form: F::init(options), has_unknown: false }
    }

    fn push_value(reading: &mut Self::Context, field: ValueField<'r>) {
        let name = field.name.source().as_str();
        reading.has_unknown |= !F::has_field(name) && name != CSRF_FIELD;
        F::push_value(&mut reading.form, field);
    }

    async fn push_data(_: &mut Self::Context, _: DataField<'r, '_>) {}

    fn finalize(reading: Self::Context) -> form::Result<'r, Self> {
        if reading.has_unknown {
            return Err(Errors::from(Error::from(ErrorKind::Unexpected)));
        }
        F::finalize(reading.form).map(Self)
    }
}
