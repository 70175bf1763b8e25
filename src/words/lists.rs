//! What is wrong with a query of the staff lists, or with a bulk action.

use crate::domain::{
    bulk::UnknownAction,
    lists::{sessions_query::UnknownState, users_filter::UsersQueryError},
};

in_words! {
    UsersQueryError {
        Self::Search => "Search for part of a username or an email.",
        Self::Status => "The status must be active, inactive or empty.",
        Self::Role(unknown) => "{unknown}",
        Self::Sort => "The sort must be username, email, date_joined, last_login or last_seen, with a leading - for descending.",
        Self::Page => "The page must be a whole number of at least 1.",
    }
}

in_words! {
    UnknownState {
        Self => "The state must be live, all or empty.",
    }
}

in_words! {
    UnknownAction {
        Self => "The action must be force-logout, deactivate or activate.",
    }
}
