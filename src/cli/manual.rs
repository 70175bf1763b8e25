//! `curfew man` and `curfew completions`: both are made from the definitions of the commands.

use std::{env, ffi::OsString, fs, path::PathBuf};

use clap::{CommandFactory as _, Subcommand};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Arguments, CommandError, Result, print_line};

#[derive(Debug, Subcommand)]
pub(super) enum ManualCommand {
    /// Print the manual page.
    Man {
        /// The folder to write the pages of all commands to, instead.
        #[arg(long, value_name = "FOLDER")]
        into: Option<PathBuf>,
    },
    /// Print a script with which a shell completes the commands.
    ///
    /// For bash: curfew completions bash > ~/.local/share/bash-completion/completions/curfew
    Completions {
        /// The shell.
        shell: Shell,
    },
}

impl ManualCommand {
    pub(super) fn run(self) -> Result<()> {
        let program = program();
        let mut commands = Arguments::command().bin_name(&program).display_name(&program);
        let mut text = Vec::new();
        match self {
            Self::Man { into: Some(folder) } => {
                return fs::create_dir_all(&folder)
                    .and_then(|()| clap_mangen::generate_to(commands, &folder))
                    .map_err(|error| CommandError::NotWritten(folder.display().to_string(), error.to_string()));
            }
            Self::Man { into: None } => {
                Man::new(commands).render(&mut text).map_err(|error| CommandError::Output(error.to_string()))?;
            }
            Self::Completions { shell } => clap_complete::generate(shell, &mut commands, program, &mut text),
        }
        print_line(String::from_utf8_lossy(&text).trim_end())
    }
}

/// The name by which the program was called: a host's program has its own.
fn program() -> String {
    let called = env::args_os().next().map(PathBuf::from);
    let name = called.as_deref().and_then(|path| path.file_name()).map(OsString::from);
    name.and_then(|name| name.into_string().ok()).unwrap_or_else(|| "curfew".to_owned())
}
