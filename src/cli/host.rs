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
    /// Whether it has no pages of its own.
    is_only_curfew: bool,
}

/// Notes the program, which has attached Curfew.
pub(super) fn note(program: &Rocket<Build>) -> Result<()> {
    let options = attached::take().ok_or(CommandError::NoCurfew)?;
    let is_only_curfew = program.routes().next().is_none();
    HOST.get_or_init(|| Host { figment: program.figment().clone(), options, is_only_curfew });
    Ok(())
}

fn get() -> Result<&'static Host> {
    HOST.get().ok_or(CommandError::NoCurfew)
}

/// Reads the settings of the program.
pub(super) fn settings() -> Result<Configuration> {
    let Host { figment, is_only_curfew, .. } = get()?;
    settings::check_program(figment, *is_only_curfew)?;
    Ok(Configuration::read(figment.clone())?)
}

/// The options of its Curfew.
pub(super) fn options() -> Result<&'static Options> {
    Ok(&get()?.options)
}
