//! Curfew: the accounts part of a website, made so that staff can end anyone's access at once.
//!
//! The layers import downwards only; a test reads the `use` lines and fails on an upward one.
//!
//! ```text
//! cli   site   api           what people and programs touch: the command line, the pages, JSON
//!    gate                    the middleware: cookies and tokens, guards, CSRF, headers
//!      accounts              the use cases, one verb a file
//!        store               all SQL, one text for SQLite and Postgres
//!          settings          what a person who runs the site can set
//!            domain          the rules: no Rocket, no SQL, no clock, no I/O
//! ```
//!
//! To read it as a story, begin with [`domain::standing`], the one rule; then
//! [`store::standing`], what the rule is asked about; [`gate::login_of`], who asks it on each
//! request; and [`accounts`], what changes the answer.

pub mod accounts;
pub mod api;
pub mod cli;
pub mod domain;
pub mod gate;
pub mod settings;
pub mod site;
pub mod store;
