//! Creates the file of a SQLite database before SQLite opens it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr as _,
};

use sqlx::sqlite::SqliteConnectOptions;

use crate::store::{AddressFault, OpenError};

/// Creates the SQLite file of this address if it is missing. Returns its path if it did.
///
/// # Errors
/// Returns an error if the address is malformed, or the file cannot be created.
pub fn create_missing_file(url: &str) -> Result<Option<PathBuf>, OpenError> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    let options = sqlite_options(url)?;
    let path = options.get_filename();
    Ok(create_private_file(path)?.then(|| path.to_owned()))
}

/// Parses the address of a SQLite file.
pub(super) fn sqlite_options(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    SqliteConnectOptions::from_str(url).map_err(|error| OpenError::Address(AddressFault::File(error.to_string())))
}

/// Creates a missing file and its folders, readable by this user only: the file holds hashes, addresses and logins. An
/// existing file keeps its mode. SQLite gives its other files the same mode.
fn create_private_file(path: &Path) -> Result<bool, OpenError> {
    let cannot_create = |what: &str, path: &Path, error: &io::Error| {
        OpenError::File(format!("the {what} {} cannot be created: {error}", path.display()))
    };
    let (mut folders, mut file) = (fs::DirBuilder::new(), fs::File::options());
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        folders.mode(0o700);
        file.mode(0o600);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        folders.recursive(true).create(folder).map_err(|error| cannot_create("folder", folder, &error))?;
    }
    match file.write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(cannot_create("file", path, &error)),
        Ok(_) => Ok(true),
    }
}
