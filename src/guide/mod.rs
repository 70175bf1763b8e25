//! The guides: how to run Curfew, how to build on it, and how it works.
//!
//! | To | Read |
//! | --- | --- |
//! | put a site in front of users, keep it healthy, back it up | [`deploying`] |
//! | run it on several machines | [`many_nodes`] |
//! | look up a setting | [`settings`] |
//! | look up a command | [`command_line`] |
//! | add Curfew to a Rocket program | [`library`] |
//! | add a page, or look up an address of the site | [`pages`] |
//! | call the JSON API, or add a route to it | [`api`] |
//! | understand how a force logout works, and where the code is | [`architecture`] |
//! | look up a word | [`glossary`] |
//!
//! The text is in `src/guide/*.md`. Tests run its code blocks, and check that the files it names exist.
#![allow(clippy::doc_markdown, reason = "prose: the name of a program is not code")]

#[doc = include_str!("deploying.md")]
///
/// [Many nodes]: crate::guide::many_nodes
/// [Settings]: crate::guide::settings
pub mod deploying {}

#[doc = include_str!("many_nodes.md")]
///
/// [Deploying]: crate::guide::deploying
/// [Architecture]: crate::guide::architecture
pub mod many_nodes {}

#[doc = include_str!("settings.md")]
///
/// [Many nodes]: crate::guide::many_nodes
pub mod settings {}

#[doc = include_str!("command_line.md")]
///
/// [Deploying]: crate::guide::deploying
/// [Settings]: crate::guide::settings
pub mod command_line {}

#[doc = include_str!("library.md")]
///
/// [Settings]: crate::guide::settings
/// [command line]: crate::guide::command_line
pub mod library {}

#[doc = include_str!("pages.md")]
///
/// [API]: crate::guide::api
/// [Curfew in a Rocket program]: crate::guide::library
pub mod pages {}

#[doc = include_str!("api.md")]
///
/// [Settings]: crate::guide::settings
pub mod api {}

#[doc = include_str!("architecture.md")]
///
/// [Glossary]: crate::guide::glossary
pub mod architecture {}

#[doc = include_str!("glossary.md")]
///
/// [Architecture]: crate::guide::architecture
pub mod glossary {}
