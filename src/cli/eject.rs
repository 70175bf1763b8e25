//! `curfew eject`

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{CommandError, Result, host, say};
use crate::site::all_embedded;

/// The end of a template's file name, which one may leave out.
const TEMPLATE: &str = ".html.tera";
/// What a program with templates of its own must leave out of it: its own engine reads each `.tera` file of its folder.
const ENGINE: &str = ".tera";

#[derive(Debug, Args)]
pub(super) struct Eject {
    /// The files: names of templates such as `login` or `admin/user`, or paths such as `static/tokens.css`. Without any,
    /// it lists all.
    names: Vec<String>,
    /// The folder to write to. Without it, the folder that the program reads.
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

impl Eject {
    /// Writes the files. Never overwrites one: it may have been changed.
    pub(super) fn run(self) -> Result<()> {
        let embedded = all_embedded();
        if self.names.is_empty() {
            return embedded.keys().try_for_each(|path| say(path));
        }
        let folder = match &self.into {
            Some(folder) => folder.clone(),
            None => host::options()?.overrides().ok_or(CommandError::NoOverrides)?.to_owned(),
        };
        let left_out = if host::has_own_pages()? { ENGINE } else { "" };
        let found = self.names.iter().map(|name| find(&embedded, name)).collect::<Result<Vec<_>>>()?;
        let files = found.into_iter().map(|(path, content)| (path.strip_suffix(left_out).unwrap_or(path), content));
        let files: Vec<_> = files.collect();
        if let Some((path, _)) = files.iter().find(|(path, _)| folder.join(path).exists()) {
            return Err(CommandError::Exists(folder.join(path).display().to_string()));
        }
        for (path, content) in files {
            let path = folder.join(path);
            write_new(&path, content)
                .map_err(|error| CommandError::NotWritten(path.display().to_string(), error.to_string()))?;
            say(&format!("Wrote {}.", path.display()))?;
        }
        Ok(())
    }
}

/// Finds a file by its path, or a template by its name.
fn find<'e>(embedded: &'e BTreeMap<String, Vec<u8>>, name: &str) -> Result<(&'e str, &'e [u8])> {
    let found = embedded.get_key_value(name).or_else(|| embedded.get_key_value(&format!("{name}{TEMPLATE}")));
    let (path, content) = found.ok_or_else(|| CommandError::NoSuchFile(name.to_owned()))?;
    Ok((path, content))
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::File::create_new(path)?.write_all(content)
}
