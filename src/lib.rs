//! Curfew: the accounts part of a website. Staff can end anyone's access at once.
//!
//! The [`guide`] says how to run Curfew, how to build on it, and how it works.
//!
//! A layer imports only layers below it, and its folders and files import each other in no circle. A test reads the
//! `use` lines and fails on either.
//!
//! ```text
//! cli   site   api           what people and programs touch: the command line, the pages, JSON
//!    gate                    the middleware: cookies and tokens, guards, CSRF, headers
//!      words                 sentences and labels for people: the layers below hold codes
//!        accounts            the use cases, one verb per file
//!          store             all SQL, one text for SQLite and Postgres
//!            settings        what the operator of a site can set
//!              domain        the rules: no Rocket, no SQL, no clock, no I/O
//! ```
//!
//! To follow the code, begin with the rule in `src/domain/standing.rs`. Then read `src/store/standing`, which reads
//! what the rule needs; [`gate::login_of`], which asks the rule on each request; and [`accounts`], whose use cases
//! change its answer.

pub mod accounts;
pub mod api;
pub mod cli;
pub mod gate;
pub mod guide;
pub mod settings;
pub mod site;
mod words;

// What the public functions take and return.
pub use accounts::{Accounts, HookResult, HookUser, InTransaction};
pub use domain::{
    lists::{events_query::EventsQuery, users_query::PageNumber},
    logins::kind::LoginKind,
    moment::Moment,
    people::{
        email::Email,
        login_name::LoginName,
        password::{NewPassword, OwnNames, Password},
        role::Role,
        username::Username,
    },
    reason::EndReason,
    reason_text::{ReasonText, Reasons},
};
pub use gate::{Headers, Present, SignedIn, Staff, Superuser};
pub use site::Curfew;
#[cfg(feature = "testing")]
pub use site::testing;
pub use store::{HostValue, StoreError, feed::Change};

// The rest of these two is public only to the project's own tests.
#[cfg(not(feature = "internals"))]
mod domain;
#[cfg(feature = "internals")]
pub mod domain;
#[cfg(not(feature = "internals"))]
mod store;
#[cfg(feature = "internals")]
pub mod store;
