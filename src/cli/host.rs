//! The program whose command line this is: its settings, and the options of its Curfew.

use std::sync::OnceLock;

use rocket::{Build, Rocket, figment::Figment};

use super::{CommandError, Result};
use crate::{
    settings::{self, Configuration},
    site::{Options, attached},
};

/// There is one program in a process.
static HOST: OnceLock<Host> = OnceLock::new();

#[derive(Debug)]
struct Host {
    figment: Figment,
    options: Options,
    has_own_pages: bool,
}

/// Notes the program, which has attached Curfew. Without pages of its own, it is nothing but Curfew.
pub(super) fn note(program: &Rocket<Build>) -> Result<()> {
    let options = attached::take().ok_or(CommandError::NoCurfew)?;
    let has_own_pages = program.routes().next().is_some();
    if !has_own_pages {
        settings::refuse_misspelt(program.figment())?;
    }
    HOST.get_or_init(|| Host { figment: program.figment().clone(), options, has_own_pages });
    Ok(())
}

fn get() -> Result<&'static Host> {
    HOST.get().ok_or(CommandError::NoCurfew)
}

/// Reads the settings of the program.
pub(super) fn settings() -> Result<Configuration> {
    let figment = &get()?.figment;
    settings::check_program(figment)?;
    Ok(Configuration::read(figment.clone())?)
}

/// The options of its Curfew.
pub(super) fn options() -> Result<&'static Options> {
    Ok(&get()?.options)
}

/// Whether it has pages of its own, and so perhaps templates too.
pub(super) fn has_own_pages() -> Result<bool> {
    Ok(get()?.has_own_pages)
}
