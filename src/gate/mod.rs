//! The middleware: who is asking, and what their cookie becomes.
//!
//! Guards and handlers only state what should happen to the cookies; one response fairing writes
//! them, because Rocket drops what a guard that fails has put in its jar. Whoever asks for a guard
//! has asked the rule; there is no other way in.

mod came_from;
mod changes;
mod client;
mod cookies;
mod csrf;
mod guards;
mod headers;
mod login;
mod notice;
mod session_cookie;
mod session_events;
mod submission;
mod transport;
mod visitor;
mod watchers;

use std::sync::Arc;

use rocket::{fairing::AdHoc, routes, tokio};

use crate::{
    accounts::Accounts,
    settings::{SecretKeys, Settings},
};

pub(crate) use came_from::{came_from, was_going};
pub use changes::Changes;
pub use client::ClientOf;
pub use csrf::Csrf;
pub use guards::{Anyone, SignedIn, Staff, Superuser, Visitor};
pub use login::{EndedLogin, LiveLogin, Login, Passive, login_of};
pub use notice::{Notice, NoticeKind};
pub use submission::{BODY_BYTES, Button, Submission};
pub use transport::is_https;

/// What the gate holds for the life of the program.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) settings: Arc<Settings>,
    pub(crate) seals: session_cookie::Seals,
    pub(crate) csrf_key: [u8; 64],
}

/// Attaches the gate: its state, the one writer of cookies, and the headers of every answer. The
/// guards find the use cases in Rocket's managed [`crate::accounts::Accounts`].
#[must_use]
pub fn stage(settings: Arc<Settings>, keys: &SecretKeys) -> AdHoc {
    let gate =
        Gate { settings, seals: session_cookie::Seals::new(keys), csrf_key: keys.current.derive("curfew csrf token") };
    AdHoc::on_ignite("Gate", |rocket| async {
        // The cookies are written last, so that they follow from all that happened.
        rocket
            .manage(gate)
            .manage(watchers::Watchers::default())
            .attach(headers::Headers)
            .attach(cookies::CookieWriter)
            .attach(feed())
            .mount("/", routes![session_events::session_events])
    })
}

/// Follows the changes until the site shuts down.
fn feed() -> AdHoc {
    AdHoc::on_liftoff("Feed of changes", |rocket| {
        Box::pin(async move {
            let (Some(accounts), Some(watchers)) = (rocket.state::<Accounts>(), rocket.state::<watchers::Watchers>())
            else {
                return;
            };
            let (store, watchers, shutdown) = (accounts.store().clone(), watchers.clone(), rocket.shutdown());
            tokio::spawn(async move {
                tokio::select! {
                    () = watchers.follow(&store) => {}
                    () = shutdown => {}
                }
            });
        })
    })
}
