//! The secret keys: the current one, and previous ones that are still read.
//!
//! Nothing may print a key: `Debug` is silent, and errors never quote one.

use std::{
    fmt, fs,
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use cookie::Key;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hkdf::Hkdf;
use sha2::Sha256;

use super::{
    Configuration, SettingsError,
    value::{as_texts, find},
};

/// The file that holds the generated key, next to the SQLite database.
const KEY_FILE: &str = "secret.key";
/// The length of a generated key, in bytes.
const KEY_BYTES: usize = 64;
/// The formats of a key that Rocket accepts.
const ACCEPTED: &str = "256 or 512 random bits, in base64 (44 or 88 characters) or hex (64 characters), such as `openssl rand -base64 64 | tr -d '\\n'` prints";

/// The bytes of one secret key.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretMaterial(Vec<u8>);

impl SecretMaterial {
    /// Parses a key in the formats that Rocket accepts.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = match text.len() {
            44 | 88 => BASE64.decode(text.as_bytes()).ok()?,
            64 => HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?,
            _ => return None,
        };
        (bytes.len() >= 32 && bytes.iter().any(|byte| *byte != 0)).then_some(Self(bytes))
    }

    /// Generates a random key.
    #[must_use]
    pub fn generate() -> Self {
        Self(rand::random::<[u8; KEY_BYTES]>().to_vec())
    }

    /// The key that encrypts cookies, derived as Rocket does.
    #[must_use]
    pub fn cookie_key(&self) -> Key {
        if self.0.len() >= KEY_BYTES { Key::from(&self.0) } else { Key::derive_from(&self.0) }
    }

    /// The bytes, for Rocket's configuration only.
    pub(crate) fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// Derives a key for one purpose (RFC 5869), so that no two purposes share a key.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 64] {
        let mut key = [0; 64];
        // `expand` fails only for outputs longer than 255 hashes.
        let _ = Hkdf::<Sha256>::new(None, &self.0).expand(purpose.as_bytes(), &mut key);
        key
    }
}

impl fmt::Debug for SecretMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretMaterial")
    }
}

/// The current secret key and the previous ones.
#[derive(Debug, Clone)]
pub struct SecretKeys {
    /// Used for reading and writing.
    pub current: SecretMaterial,
    /// Used for reading only.
    pub previous: Vec<SecretMaterial>,
}

impl Configuration {
    /// Returns the keys from the settings. If none is set, it returns the key in the folder of the SQLite file, and
    /// generates that key if the database file does not exist yet either.
    ///
    /// # Errors
    /// Returns an error if a key is malformed, if other users can read the key file, or if there is a database without
    /// its key: with another key, nobody could log in. Also if no key is set on Postgres: nodes that each generated a
    /// key could not read each other's cookies.
    pub fn secret_keys(&self) -> Result<SecretKeys, SettingsError> {
        let previous = self.previous_keys()?;
        let malformed = || SettingsError::new("secret_key", "malformed", ACCEPTED);
        let set: Option<String> =
            if self.has_secret_key() { find(&self.figment, "secret_key").map_err(|()| malformed())? } else { None };
        let current = match (set, self.database.folder()) {
            (Some(text), _) => SecretMaterial::parse(&text).ok_or_else(malformed)?,
            (None, Some(folder)) => load_or_create_key(folder, self.database.file().is_some_and(Path::exists))?,
            (None, None) => {
                let accepted = format!("set with Postgres, the same on every node: {ACCEPTED}");
                return Err(SettingsError::new("ROCKET_SECRET_KEY", "missing", accepted));
            }
        };
        Ok(SecretKeys { current, previous })
    }

    /// Whether a secret key is set. Rocket's default is a key whose bytes are all zero; a text means that one was set.
    pub(crate) fn has_secret_key(&self) -> bool {
        !find::<Vec<u8>>(&self.figment, "secret_key").is_ok_and(|key| key.is_none_or(is_zero))
    }

    /// Parses `previous_secret_keys`.
    pub(super) fn previous_keys(&self) -> Result<Vec<SecretMaterial>, SettingsError> {
        let malformed =
            || SettingsError::new("previous_secret_keys", "malformed", format!("a list of keys, each {ACCEPTED}"));
        let Ok(value) = self.figment.find_value("curfew.previous_secret_keys") else { return Ok(Vec::new()) };
        let texts = as_texts(&value).ok_or_else(malformed)?;
        texts.iter().map(|text| SecretMaterial::parse(text).ok_or_else(malformed)).collect()
    }
}

fn is_zero(key: Vec<u8>) -> bool {
    key.iter().all(|byte| *byte == 0)
}

fn load_or_create_key(folder: &Path, has_database: bool) -> Result<SecretMaterial, SettingsError> {
    let path = folder.join(KEY_FILE);
    let refuse = |value: String, accepted: &str| SettingsError::new(&path.display().to_string(), value, accepted);
    let unreadable = |error: io::Error| refuse(format!("not readable ({error})"), "a file that this user can read");
    match fs::metadata(&path) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
            let mode = format!("readable by others (mode {:04o})", metadata.permissions().mode() & 0o7777);
            Err(refuse(mode, "readable only by its owner: `chmod 600` it, and replace it if others may have read it"))
        }
        Ok(_) => {
            let text = fs::read_to_string(&path).map_err(unreadable)?;
            SecretMaterial::parse(text.trim()).ok_or_else(|| refuse("malformed".to_owned(), ACCEPTED))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && has_database => Err(refuse(
            "missing, but its database is here".to_owned(),
            "restored from the backup: no password can be checked without it. If it is lost, write a new one into this \
             file with mode 0600, as `openssl rand -base64 64 | tr -d '\\n'` prints it, and set new passwords",
        )),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            create_key(folder, &path).map_err(|error| {
                refuse(format!("missing and cannot be created ({error})"), "in a folder that this user can write to")
            })
        }
        Err(error) => Err(unreadable(error)),
    }
}

/// Writes the key to a draft file and links it into place, so that two concurrent starts use the same, complete key.
fn create_key(folder: &Path, path: &Path) -> io::Result<SecretMaterial> {
    fs::create_dir_all(folder)?;
    let key = SecretMaterial::generate();
    let draft = folder.join(format!(".{KEY_FILE}.{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(file, "{}", BASE64.encode(&key.0))?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            SecretMaterial::parse(fs::read_to_string(path)?.trim())
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "malformed key"))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rockets_key_formats_are_accepted() {
        for text in ["a".repeat(64), BASE64.encode(&[7; 32]), BASE64.encode(&[7; 64])] {
            assert!(SecretMaterial::parse(&text).is_some(), "{text}");
        }
        for text in [String::new(), "0".repeat(64), "g".repeat(64), "a".repeat(63), BASE64.encode(&[0; 32])] {
            assert_eq!(SecretMaterial::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn each_purpose_has_its_own_key() {
        let material = SecretMaterial(vec![7; 64]);
        assert_ne!(material.derive("a"), material.derive("b"));
        assert_eq!(material.derive("a"), material.derive("a"));
    }

    #[test]
    fn a_key_is_generated_once_and_refused_if_others_can_read_it() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        assert!(load_or_create_key(folder.path(), true).is_err(), "another key would lock everyone out");
        let generated = load_or_create_key(folder.path(), false);
        assert!(generated.is_ok());
        assert_eq!(generated, load_or_create_key(folder.path(), true));
        fs::set_permissions(folder.path().join(KEY_FILE), fs::Permissions::from_mode(0o640))?;
        let refusal = load_or_create_key(folder.path(), true).map_err(|error| error.to_string());
        assert!(refusal.as_ref().is_err_and(|line| line.contains("0640") && !line.contains('\n')), "{refusal:?}");
        Ok(())
    }
}
