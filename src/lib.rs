//! Curfew adds accounts to a Rocket site, and staff who can end anyone's access at once.
//!
//! ```no_run
//! use curfew::{Curfew, SignedIn};
//! use rocket::{get, launch, routes};
//!
//! #[get("/garden")]
//! fn garden(me: SignedIn<'_>) -> String {
//!     format!("Hello, {}", me.username())
//! }
//!
//! #[launch]
//! fn rocket() -> _ {
//!     rocket::build().attach(Curfew::init()).mount("/", routes![garden])
//! }
//! ```
//!
//! - [`Curfew`] is the fairing. It brings the pages for visitors, users and staff, the JSON API and their tables.
//! - [`SignedIn`], [`Staff`], [`Superuser`] and [`Anyone`] are guards for pages, [`ApiClient`] and [`ApiStaff`] for
//!   programs. [`Present`] asks for the password again.
//! - [`Submission`] is a form with its CSRF token checked. [`Csrf`] is the token.
//! - [`Accounts`] ends access from your own code, such as [`Accounts::force_logout`].
//! - [`cli::run_with`] gives your program the commands, such as `force-logout`.
//!
//! [Curfew in a Rocket program](guide::library) says how these work together. The other pages of the [`guide`] say how to
//! run a site and how Curfew works.

// The map of the code. A layer imports only layers below it, and its folders and files import each other in no circle. A
// test reads the `use` lines and fails on either.
//
// | cli   site   api           what people and programs touch: the command line, the pages, JSON
// |    gate                    the middleware: cookies and tokens, guards, CSRF, headers
// |      words                 sentences and labels for people: the layers below hold codes
// |        accounts            the use cases, one verb per file
// |          store             all SQL, one text for SQLite and Postgres
// |            settings        what the operator of a site can set
// |              domain        the rules: no Rocket, no SQL, no clock, no I/O
//
// To follow the code, begin with the rule in `src/domain/standing.rs`. Then read `src/store/standing`, which reads what
// the rule needs; `login_of` in `src/gate/guards`, which asks the rule on each request; and `src/accounts`, whose use
// cases change its answer.

#![cfg_attr(not(feature = "internals"), allow(unused_imports, reason = "the tests name them"))]

pub mod cli;
pub mod guide;
mod words;

// What a program that adds Curfew uses.
pub use accounts::{
    AccountsError, Actor, EveryonesEndedLogins, ForceLogoutMoment, ForceLogoutOutcome, HookResult, HookUser,
    InTransaction, LoginCounts, RoleChange, Target,
};
pub use domain::{
    logins::{counts::EndedSessions, kind::LoginKind},
    moment::Moment,
    people::{login_name::LoginName, role::Role},
    reason_text::{ReasonText, Reasons},
};
pub use gate::{
    AddedClaims, Anyone, ApiClient, ApiStaff, Csrf, HasLogin, Headers, Login, Present, Refused, SignedIn, Staff,
    Submission, Superuser, Visitor,
};
pub use settings::figment;
#[cfg(feature = "testing")]
pub use site::testing;
pub use site::{Accounts, Answer, Curfew, Page, Pages};
pub use store::{HostValue, StoreError};

// The layers are public only to the project's own tests.
#[cfg(not(feature = "internals"))]
mod accounts;
#[cfg(feature = "internals")]
pub mod accounts;
#[cfg(not(feature = "internals"))]
mod api;
#[cfg(feature = "internals")]
pub mod api;
#[cfg(not(feature = "internals"))]
mod domain;
#[cfg(feature = "internals")]
pub mod domain;
#[cfg(not(feature = "internals"))]
mod gate;
#[cfg(feature = "internals")]
pub mod gate;
#[cfg(not(feature = "internals"))]
mod settings;
#[cfg(feature = "internals")]
pub mod settings;
#[cfg(not(feature = "internals"))]
mod site;
#[cfg(feature = "internals")]
pub mod site;
#[cfg(not(feature = "internals"))]
mod store;
#[cfg(feature = "internals")]
pub mod store;
