//! Curfew: the accounts part of a website. Staff can end anyone's access at once.
//!
//! The [`guide`] says how to run Curfew, how to build on it, and how it works.
//!
//! A layer imports only layers below it, and its folders form no circle. A test reads the `use` lines and fails on
//! either.
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
//! To follow the code, begin with the rule in [`domain::standing`]. Then read [`store::standing`], which reads what
//! the rule needs; [`gate::login_of`], which asks the rule on each request; and [`accounts`], whose use cases change
//! its answer.

pub mod accounts;
pub mod api;
pub mod cli;
pub mod domain;
pub mod gate;
pub mod guide;
pub mod settings;
pub mod site;
pub mod store;
pub mod words;
