//! Custom claims that a site adds to its access tokens. The site's other services can read them.

use std::fmt;

use serde_json::{Map, Value};

use super::claims::RESERVED;
use crate::accounts::Family;

type Add = dyn Fn(&Family) -> Map<String, Value> + Send + Sync;

/// The custom claims of a site's access tokens. Pass it to Rocket's `manage`:
///
/// ```
/// use curfew::AddedClaims;
/// use serde_json::{Map, json};
///
/// let added = AddedClaims::new(|family| {
///     Map::from_iter([("https://example.org/plan".to_owned(), json!(plan_of(family.user_id)))])
/// });
/// # fn plan_of(_: i64) -> &'static str { "free" }
/// # let _ = rocket::build().manage(added);
/// ```
///
/// A custom claim with a reserved name is left out. A token keeps its claims until it expires. If a change must take
/// effect at once, check it in a guard instead.
pub struct AddedClaims(Box<Add>);

impl fmt::Debug for AddedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddedClaims")
    }
}

impl AddedClaims {
    /// Adds the claims that `add` returns for a JWT family.
    pub fn new(add: impl Fn(&Family) -> Map<String, Value> + Send + Sync + 'static) -> Self {
        Self(Box::new(add))
    }

    pub(super) fn of(&self, family: &Family) -> Map<String, Value> {
        let mut added = (self.0)(family);
        added.retain(|name, _| !RESERVED.contains(&name.as_str()));
        added
    }
}
