//! The middleware: who is asking, and what their cookie becomes.
//!
//! Guards and handlers only state what should happen to the cookies; one response fairing writes
//! them, because Rocket drops what a guard that fails has put in its jar. It runs after the handler or
//! catcher has answered, and other response fairings may run after it: a change that one of them states
//! comes too late, and is an error in the log. Whoever asks for a guard has asked the rule; there is no
//! other way in.

mod api_client;
mod came_from;
mod changes;
mod client;
mod cookies;
mod csrf;
mod follower;
mod guards;
mod headers;
mod judge;
mod jwt;
mod login;
mod notice;
mod opened;
mod present;
mod session_cookie;
mod session_events;
mod standings;
mod submission;
mod transport;
mod untaken;
mod visitor;
mod watchers;
mod well_formed;

use std::sync::Arc;

use rocket::{Build, Rocket, fairing::AdHoc, routes};

use crate::{
    accounts::{Accounts, Node},
    settings::{Check, SecretKeys, Settings},
};

pub use api_client::{ApiClient, ApiLogin, ApiStaff, api_login_of};
pub(crate) use came_from::{came_from, fits, was_going};
pub use changes::Changes;
pub use client::ClientOf;
pub use csrf::Csrf;
pub(crate) use csrf::own_origin;
pub use guards::{Anyone, Refused, SignedIn, Staff, Superuser, Visitor};
pub use headers::Caching;
pub use jwt::{AddedClaims, Jwt, JwtError, TokenPair};
pub use login::{EndedLogin, LiveLogin, Login, Passive, ScheduledEnd, login_of};
pub use notice::{Notice, NoticeKind};
pub use present::Present;
pub use standings::{FEED_BOUND, Standings};
pub use submission::{BODY_BYTES, Button, Submission};
pub use transport::is_https;
pub use untaken::{Untaken, UntakenForm};

/// What the gate holds for the life of the program.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) settings: Arc<Settings>,
    pub(crate) seals: session_cookie::Seals,
    pub(crate) csrf_keys: csrf::CsrfKeys,
    pub(crate) jwt_keys: jwt::JwtKeys,
}

/// Attaches the gate: its state, the one writer of cookies, and the headers of every answer. The
/// guards find the use cases in Rocket's managed [`crate::accounts::Accounts`].
#[must_use]
pub fn stage(settings: Arc<Settings>, keys: &SecretKeys) -> AdHoc {
    let gate = Gate {
        settings,
        seals: session_cookie::Seals::new(keys),
        csrf_keys: csrf::CsrfKeys::new(keys),
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
            .manage(watchers::Watchers::default())
            .attach(well_formed::MethodOfTheRequestLine)
            .attach(headers::Headers)
            .attach(cookies::CookieWriter)
            .attach(standings::fairing())
            .attach(follower::fairing())
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
