//! Notices that a program uses guards without Curfew.

use rocket::{Ignite, Rocket};

use super::Gate;

/// Whether Curfew is missing, so that the program must not launch. Says so, because Rocket's own message only names the
/// guard.
pub(crate) fn is_without_curfew(rocket: &Rocket<Ignite>) -> bool {
    let is_missing = rocket.state::<Gate>().is_none();
    if is_missing {
        log::error!("a guard of Curfew is used, but Curfew is not attached: add `.attach(Curfew::init())`");
    }
    is_missing
}
