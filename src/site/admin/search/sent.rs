//! The queries of the lists, as they were sent.

/// Declares a query with these fields. Each is a text that may be missing or empty. The derives are named outside, because
/// what they generate needs names of its own.
macro_rules! sent {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident { $($field:ident),+ $(,)? }) => {
        $(#[$attribute])*
        $visibility struct $name<'q> {
            $($visibility $field: Option<&'q str>,)+
        }

        impl $name<'_> {
            /// The name of every field.
            $visibility const FIELDS: &'static [&'static str] = &[$(stringify!($field)),+];

            /// The same query without empty fields, for links.
            $visibility fn given(&self) -> Self {
                Self { $($field: self.$field.filter(|text| !text.is_empty())),+ }
            }
        }
    };
}

/// The fields of a filter for users, from a struct that has them as they were sent. `text` converts each to a text.
macro_rules! users_fields {
    ($sent:expr, $text:expr) => {
        $crate::domain::lists::users_filter::UsersFields {
            q: $text($sent.q),
            status: $text($sent.status),
            role: $text($sent.role),
            joined_from: $text($sent.joined_from),
            joined_to: $text($sent.joined_to),
            login_from: $text($sent.login_from),
            login_to: $text($sent.login_to),
            seen_from: $text($sent.seen_from),
            seen_to: $text($sent.seen_to),
            live: $text($sent.live),
        }
    };
}

pub(in crate::site::admin) use {sent, users_fields};
