//! The middleware: authenticates each request and writes its cookies.
//!
//! Every guard checks the login by the one rule, in `src/domain/standing.rs`. There is no other way in.
//!
//! Guards and handlers only state cookie changes in [`Changes`]. One response fairing writes them, because
//! Rocket resets the cookie jar when a guard or handler fails. The fairing runs after the handler or catcher.
//! A change that a later response fairing states is lost and logged as an error.

mod addresses;
mod attached;
mod cookies;
mod forms;
mod guards;
mod headers;
mod jwt;
mod login;
mod own_routes;
mod policy;
mod refused;
mod root;
mod session_events;
mod staff_news;
mod standings;
#[cfg(feature = "testing")]
mod testing;
mod transport;
mod well_formed;

use std::sync::Arc;

use rocket::{Build, Rocket, Route, fairing::AdHoc, routes};

use crate::{
    accounts::{Accounts, Node},
    settings::{Check, SecretKeys, Settings},
};

pub use addresses::Addresses;
pub(crate) use attached::is_without_curfew;
pub use cookies::changes::Changes;
pub(crate) use cookies::changes::GuardedAs;
pub use cookies::notice::{Notice, NoticeKind};
pub(crate) use forms::came_from::{came_from, fits, return_page};
pub use forms::csrf::Csrf;
pub(crate) use forms::csrf::{FIELD as CSRF_FIELD, site_origin};
pub use forms::refused_form::{FormRefusal, RefusedForm};
pub use forms::submission::{BODY_BYTES, BODY_TIMEOUT, Button, Submission};
pub use forms::upload::{UPLOAD_BYTES, Upload};
pub use guards::api_client::{ApiClient, ApiLogin, ApiStaff, api_login_of};
pub use guards::client::{ClientOf, KnownClient};
pub(crate) use guards::forged::record_if_forged;
pub use guards::login_of::{Passive, login_of};
pub use guards::present::{HasLogin, Present};
pub use guards::{Anyone, SignedIn, Staff, Superuser, Visitor};
pub use headers::{Caching, Headers};
pub use jwt::{AddedClaims, Jwt, JwtError, TokenPair};
pub use login::{EndedLogin, LiveLogin, Login, ScheduledEnd};
pub(crate) use own_routes::{ErrorAnswer, find_clash, is_own, own};
pub use refused::Refused;
pub(crate) use root::{Root, is_for_secret, own_path};
pub use standings::{FEED_MAX_AGE, Standings};
#[cfg(feature = "testing")]
pub(crate) use testing::{csrf_token_of, session_cookie_of};
pub use transport::is_https;
pub(crate) use transport::names_one_host;

/// The state that Rocket manages for the gate.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) settings: Arc<Settings>,
    pub(crate) root: Root,
    pub(crate) headers: Headers,
    pub(crate) cookie_names: cookies::names::CookieNames,
    pub(crate) cookie_keys: cookies::session_cookie::CookieKeys,
    pub(crate) csrf_keys: forms::csrf::CsrfKeys,
    pub(crate) jwt_keys: jwt::JwtKeys,
    pub(crate) refused_forms: forms::log_limit::LogLimit,
}

impl Gate {
    /// The gate of a site with these keys, whose pages are below `root`.
    pub(crate) fn new(settings: Arc<Settings>, keys: &SecretKeys, root: Root, headers: Headers) -> Self {
        Self {
            cookie_names: cookies::names::CookieNames::new(&settings.cookie_name),
            settings,
            root,
            headers,
            cookie_keys: cookies::session_cookie::CookieKeys::new(keys),
            csrf_keys: forms::csrf::CsrfKeys::new(keys),
            jwt_keys: jwt::JwtKeys::new(keys),
            refused_forms: forms::log_limit::LogLimit::default(),
        }
    }
}

/// Attaches the gate: its state, the cookie writer, and the security headers. Requires
/// [`crate::accounts::Accounts`] in Rocket's managed state.
#[must_use]
pub(crate) fn stage(gate: Gate) -> AdHoc {
    AdHoc::try_on_ignite("Gate", |rocket| async {
        let Some(accounts) = rocket.state::<Accounts>() else {
            log::error!("the gate found no `Accounts` in the managed state: attach the use cases before the gate");
            return Err(rocket);
        };
        let is_cached = gate.settings.check == Check::Cached;
        let standings = standings::Standings::new(accounts.store().clone(), is_cached);
        let node = Node::new(node_name(&rocket));
        Ok(rocket
            .manage(gate)
            .manage(standings)
            .manage(node)
            .manage(standings::watchers::Watchers::default())
            .attach(well_formed::WellFormed)
            .attach(headers::HeaderWriter)
            .attach(cookies::CookieWriter)
            .attach(standings::fairing())
            .attach(standings::follower::fairing()))
    })
}

/// The routes of the gate: the event stream of an open page.
pub(crate) fn routes() -> Vec<Route> {
    routes![session_events::session_events]
}

/// The name that staff see for this node: `hostname:port`.
fn node_name(rocket: &Rocket<Build>) -> String {
    let host = whoami::hostname().unwrap_or_else(|_| "localhost".to_owned());
    let port: u16 = rocket.figment().extract_inner("port").unwrap_or_default();
    format!("{host}:{port}")
}
