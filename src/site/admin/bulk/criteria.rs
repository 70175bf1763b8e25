//! The filter of a bulk action in words.

use serde::Serialize;

use crate::domain::{
    lists::users_filter::{Status, UsersFields, UsersFilter},
    moment::Moment,
    people::role::Role,
};

/// What the users of a bulk action have in common.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct CriterionView {
    words: &'static str,
    /// The text that was searched for.
    text: Option<String>,
    /// The time that the words end with.
    at: Option<Moment>,
}

/// The criteria of a filter. A filter that cannot be parsed has none.
pub(super) fn criteria(fields: &UsersFields<'_>) -> Vec<CriterionView> {
    let filter = UsersFilter::parse(fields).unwrap_or_default();
    let word = |words| CriterionView { words, text: None, at: None };
    let mut criteria = Vec::new();
    if filter.search.is_some() {
        criteria.push(CriterionView { text: Some(fields.q.trim().to_owned()), ..word("name or email has") });
    }
    criteria.extend(filter.status.map(Status::word).map(word));
    criteria.extend(filter.role.map(Role::code).map(word));
    criteria.extend(filter.live.map(|is_live| word(if is_live { "logged in" } else { "not logged in" })));
    let bounds = [
        ("joined from", filter.joined.from),
        ("joined until", filter.joined.to),
        ("last login from", filter.login.from),
        ("last login until", filter.login.to),
        ("last seen from", filter.seen.from),
        ("last seen until", filter.seen.to),
    ];
    criteria.extend(
        bounds.into_iter().filter(|(_, at)| at.is_some()).map(|(words, at)| CriterionView { at, ..word(words) }),
    );
    criteria
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_filter_has_its_words() {
        let fields = UsersFields {
            q: " Ana ",
            status: "active",
            role: "member",
            joined_from: "2026-03-01",
            joined_to: "2026-03-02",
            login_from: "2026-03-03",
            login_to: "2026-03-04",
            seen_from: "2026-03-05",
            seen_to: "2026-03-06",
            live: "no",
        };
        let criteria = criteria(&fields);
        assert_eq!(criteria.len(), fields.given().len());
        assert_eq!(criteria[0].text.as_deref(), Some("Ana"));
        assert_eq!(criteria.iter().filter(|criterion| criterion.at.is_some()).count(), 6);
        assert_eq!(super::criteria(&UsersFields { status: "odd", ..fields }), []);
    }
}
