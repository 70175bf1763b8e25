//! The middleware: who is asking, and what their cookie becomes.
//!
//! Guards and handlers only state what should happen to the cookies; one response fairing writes
//! them, because Rocket drops what a guard that fails has put in its jar. It runs after the handler or
//! catcher has answered, and other response fairings may run after it: a change that one of them states
//! comes too late, and is an error in the log. Whoever asks for a guard has asked the rule; there is no
//! other way in.

pub(super) mod cookies;
pub(super) mod forms;
mod guards;
mod headers;
mod jwt;
mod session_events;
mod standings;
mod transport;
mod well_formed;

use std::sync::Arc;

use rocket::{Build, Rocket, fairing::AdHoc, routes};

use crate::{
    accounts::{Accounts, Node},
    settings::{Check, SecretKeys, Settings},
};

pub use cookies::changes::Changes;
pub use cookies::notice::{Notice, NoticeKind};
pub(crate) use forms::came_from::{came_from, fits, was_going};
pub use forms::csrf::Csrf;
pub(crate) use forms::csrf::own_origin;
pub use forms::refused_form::{RefusedForm, RefusedFormKind};
pub use forms::submission::{BODY_BYTES, Button, Submission};
pub use guards::api_client::{ApiClient, ApiLogin, ApiStaff, api_login_of};
pub use guards::client::ClientOf;
pub use guards::login::{EndedLogin, LiveLogin, Login, Passive, ScheduledEnd, login_of};
pub use guards::present::Present;
pub use guards::{Anyone, Refused, SignedIn, Staff, Superuser, Visitor};
pub use headers::Caching;
pub use jwt::{AddedClaims, Jwt, JwtError, TokenPair};
pub use standings::{FEED_BOUND, Standings};
pub use transport::is_https;

/// What the gate holds for the life of the program.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) settings: Arc<Settings>,
    pub(crate) seals: cookies::session_cookie::Seals,
    pub(crate) csrf_keys: forms::csrf::CsrfKeys,
    pub(crate) jwt_keys: jwt::JwtKeys,
}

/// Attaches the gate: its state, the one writer of cookies, and the headers of every answer. The
/// guards find the use cases in Rocket's managed [`crate::accounts::Accounts`].
#[must_use]
pub fn stage(settings: Arc<Settings>, keys: &SecretKeys) -> AdHoc {
    let gate = Gate {
        settings,
        seals: cookies::session_cookie::Seals::new(keys),
        csrf_keys: forms::csrf::CsrfKeys::new(keys),
        jwt_keys: jwt::JwtKeys::new(keys),
    };
    AdHoc::try_on_ignite("Gate", |rocket| async {
        let Some(accounts) = rocket.state::<Accounts>() else {
            log::error!("the gate has no accounts to ask: attach the use cases before it");
            return Err(rocket);
        };
        let is_cached = gate.settings.check == Check::Cached;
        let standings = standings::Standings::new(accounts.store().clone(), is_cached);
        let node = Node::new(name_of_node(&rocket));
        Ok(rocket
            .manage(gate)
            .manage(standings)
            .manage(node)
            .manage(standings::watchers::Watchers::default())
            .attach(well_formed::MethodOfTheRequestLine)
            .attach(headers::Headers)
            .attach(cookies::CookieWriter)
            .attach(standings::fairing())
            .attach(standings::follower::fairing())
            .mount("/", well_formed::routes())
            .mount("/", routes![session_events::session_events]))
    })
}

/// The machine and the port, by which people know a node.
fn name_of_node(rocket: &Rocket<Build>) -> String {
    let machine = whoami::hostname().unwrap_or_else(|_| "localhost".to_owned());
    let port: u16 = rocket.figment().extract_inner("port").unwrap_or_default();
    format!("{machine}:{port}")
}
