//! The claims that a site adds to access tokens, for services of its own that read them.

use std::fmt;

use serde_json::{Map, Value};

use super::claims::RESERVED;
use crate::accounts::Family;

type Add = dyn Fn(&Family) -> Map<String, Value> + Send + Sync;

/// What a site adds to the access tokens of an account. To be given to Rocket's `manage`:
///
/// ```
/// use curfew::gate::AddedClaims;
/// use serde_json::{Map, json};
///
/// let added = AddedClaims::new(|family| {
///     Map::from_iter([("https://example.org/plan".to_owned(), json!(plan_of(family.user_id)))])
/// });
/// # fn plan_of(_: i64) -> &'static str { "free" }
/// # let _ = rocket::build().manage(added);
/// ```
///
/// Claims of ours are not replaced. They are as old as the token: what must be known at once is asked of
/// the guard instead.
pub struct AddedClaims(Box<Add>);

impl fmt::Debug for AddedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddedClaims")
    }
}

impl AddedClaims {
    /// Adds what this gives for each family of tokens.
    pub fn new(add: impl Fn(&Family) -> Map<String, Value> + Send + Sync + 'static) -> Self {
        Self(Box::new(add))
    }

    pub(super) fn of(&self, family: &Family) -> Map<String, Value> {
        let mut added = (self.0)(family);
        added.retain(|name, _| !RESERVED.contains(&name.as_str()));
        added
    }
}
