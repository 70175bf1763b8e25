//! Writes letters to a folder, on a site without a mail server.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use super::message::{Identity, WrittenLetter};

/// The name of a letter's file, in the order in which letters were queued.
pub(super) fn name(identity: Identity<'_>) -> String {
    let Identity { id, queued_at, kind, .. } = identity;
    format!("{}-{id}-{kind}.eml", queued_at.format("%Y%m%dT%H%M%S%6f"))
}

/// Writes a letter and returns the path of its file. Another attempt replaces the file.
pub(super) fn put(folder: &Path, name: &str, letter: &WrittenLetter) -> io::Result<PathBuf> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (path, draft) = (folder.join(name), folder.join(format!(".{name}.{}", std::process::id())));
    // `create_new` fails if a killed process has left a draft with this name.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(&letter.bytes)?;
    file.sync_all()?;
    fs::rename(&draft, &path)?;
    Ok(path)
}
