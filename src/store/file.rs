//! The file of a SQLite database, before SQLite opens it.

use std::{fs, io, path::Path};

use super::OpenError;

/// Makes a missing file, and its folders, for this user's eyes only: hashes, addresses and who was
/// where are nobody else's. What is there already keeps its mode; SQLite's other files take it over.
pub(super) fn make_private_file(path: &Path) -> Result<(), OpenError> {
    let failed = |what: &str, path: &Path, error: &io::Error| {
        OpenError::File(format!("the {what} {} cannot be made: {error}", path.display()))
    };
    let (mut folders, mut file) = (fs::DirBuilder::new(), fs::File::options());
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        folders.mode(0o700);
        file.mode(0o600);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        folders.recursive(true).create(folder).map_err(|error| failed("folder", folder, &error))?;
    }
    match file.write(true).create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed("file", path, &error)),
        _ => Ok(()),
    }
}
