//! How letters leave the site: the mail server, the sender, and the folder that stands in for a mail server.
//!
//! The address of the server holds a password, so its `Debug` output shows no more than the host.

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
};

use rocket::http::{RawStr, uri::Absolute};

use super::{Configuration, SettingsError};
use crate::domain::people::{email::Email, text::is_forbidden};

/// The folder of the letters, next to the SQLite file.
const FOLDER: &str = "mail";
/// The same on Postgres, in the working directory.
const FOLDER_ON_POSTGRES: &str = "var/mail";
/// The mailbox of the default sender.
const MAILBOX: &str = "accounts";
/// The host of the default sender, where the site has none that a sender can have.
const NO_HOST: &str = "localhost";

/// How the connection to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// STARTTLS, and no letter without it.
    StartTls,
    /// None. The server is on this machine.
    None,
}

/// A mail server that takes letters.
#[derive(Clone, PartialEq, Eq)]
pub struct MailServer {
    /// The host name or IP address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The encryption.
    pub encryption: Encryption,
    /// The user and the password.
    pub credentials: Option<(String, String)>,
}

impl MailServer {
    /// What is accepted.
    pub(super) const ACCEPTED: &str = "smtps://USER:PASSWORD@HOST:465, smtp://USER:PASSWORD@HOST:587?tls=required, or \
                                       smtp://127.0.0.1:25?tls=none for a server on this machine";

    /// Parses `smtps://…`, `smtp://…?tls=required`, or `smtp://…?tls=none` with a loopback address. Special characters
    /// of the user and the password are percent-encoded.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri = Absolute::parse(text).ok().filter(|uri| matches!(uri.path().as_str(), "" | "/"))?;
        let authority = uri.authority()?;
        let (encryption, port) = match (uri.scheme(), uri.query().map(|query| query.as_str())) {
            ("smtps", None) => (Encryption::Tls, 465),
            ("smtp", Some("tls=required")) => (Encryption::StartTls, 587),
            ("smtp", Some("tls=none")) => (Encryption::None, 25),
            _ => return None,
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() || encryption == Encryption::None && !is_loopback(&host) {
            return None;
        }
        let credentials = match authority.user_info() {
            None => None,
            Some(text) => {
                let (user, password) = text.split_once(':')?;
                Some((decoded(user)?, decoded(password)?))
            }
        };
        Some(Self { host, port: authority.port().unwrap_or(port), encryption, credentials })
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn decoded(text: &str) -> Option<String> {
    let text = RawStr::new(text).percent_decode().ok()?.into_owned();
    (!text.is_empty() && !text.contains(['\r', '\n', '\0'])).then_some(text)
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The sender of the letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSender {
    /// The name for people.
    pub name: Option<String>,
    /// The address.
    pub address: String,
}

impl MailSender {
    /// Parses `Riverside <accounts@riverside.example>`, or an address alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').map(|text| text.rsplit_once('<')) {
            Some(parts) => parts?,
            None => ("", text),
        };
        let name = name.trim().trim_matches('"');
        if name.chars().any(is_forbidden) {
            return None;
        }
        let address = Email::parse(address).ok()?.as_str().to_owned();
        Some(Self { name: (!name.is_empty()).then(|| name.to_owned()), address })
    }
}

impl Configuration {
    /// The sender of the letters: the one in the settings, or `accounts@` the host of `base_url`. Few mail servers take
    /// a sender at an IP address, so that becomes `localhost`, and so does a host that no address can have.
    #[must_use]
    pub fn mail_sender(&self) -> MailSender {
        let settings = &self.settings;
        let host = settings.base_url.as_ref().map_or(NO_HOST, super::BaseUrl::host);
        let is_ip = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let at = |host: &str| format!("{MAILBOX}@{host}");
        let address = Some(at(host)).filter(|address| !is_ip && Email::parse(address).is_ok());
        let address = address.unwrap_or_else(|| at(NO_HOST));
        let default = || MailSender { name: Some(settings.site_name.clone()), address };
        settings.mail_from.clone().unwrap_or_else(default)
    }

    /// The folder of the letters of a site without a mail server.
    #[must_use]
    pub fn mail_folder(&self) -> PathBuf {
        let default = || self.database.folder().map_or_else(|| FOLDER_ON_POSTGRES.into(), |next| next.join(FOLDER));
        self.settings.mail_folder.clone().unwrap_or_else(default)
    }

    /// Refuses to send letters without `base_url`: requests must not decide where the links in letters lead.
    ///
    /// # Errors
    ///
    /// Returns an error if a mail server is set and `base_url` is not.
    pub fn must_have_origin_for_letters(&self) -> Result<(), SettingsError> {
        if self.mail_server.is_none() || self.settings.base_url.is_some() {
            return Ok(());
        }
        let accepted = "set to the address that users open, such as \"https://example.org\", because smtp_url is set and \
                        the links in letters lead there";
        Err(SettingsError::new("base_url", "missing", accepted))
    }
}

/// Parses the path of a folder.
pub(super) fn parse_folder(text: &str) -> Option<PathBuf> {
    (!text.is_empty() && !text.chars().any(is_forbidden)).then(|| Path::new(text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Option<(String, u16, Encryption)> {
        MailServer::parse(text).map(|server| (server.host, server.port, server.encryption))
    }

    #[test]
    fn a_mail_server_is_encrypted_or_on_this_machine() {
        for (text, host, port, encryption) in [
            ("smtps://mail.example", "mail.example", 465, Encryption::Tls),
            ("smtps://ana:a%40b@mail.example:1465", "mail.example", 1465, Encryption::Tls),
            ("smtp://mail.example:587?tls=required", "mail.example", 587, Encryption::StartTls),
            ("smtp://mail.example?tls=required", "mail.example", 587, Encryption::StartTls),
            ("smtp://127.0.0.1:2525?tls=none", "127.0.0.1", 2525, Encryption::None),
            ("smtp://[::1]?tls=none", "::1", 25, Encryption::None),
            ("smtp://localhost/?tls=none", "localhost", 25, Encryption::None),
        ] {
            assert_eq!(server(text), Some((host.to_owned(), port, encryption)), "{text}");
        }
        for text in [
            "",
            "mail.example",
            "http://mail.example",
            "smtp://mail.example",
            "smtp://mail.example:25?tls=none",
            "smtp://127.0.0.1.example?tls=none",
            "smtp://localhost.example?tls=none",
            "smtp://mail.example?tls=opportunistic",
            "smtps://mail.example?tls=none",
            "smtps://ana@mail.example",
            "smtps://ana:%0d%0aQUIT@mail.example",
            "smtps://mail.example/path",
            "smtps://",
        ] {
            assert_eq!(server(text), None, "{text}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_never_shown() {
        let server = MailServer::parse("smtps://ana%40mail.example:tanger%3aine@mail.example");
        let credentials = server.as_ref().and_then(|server| server.credentials.clone());
        assert_eq!(credentials, Some(("ana@mail.example".to_owned(), "tanger:ine".to_owned())));
        assert_eq!(format!("{server:?}"), "Some(mail.example:465)");
    }

    #[test]
    fn a_sender_is_an_address_with_or_without_a_name() {
        for (text, name, address) in [
            ("accounts@riverside.example", None, "accounts@riverside.example"),
            ("<accounts@riverside.example>", None, "accounts@riverside.example"),
            ("Riverside <accounts@riverside.example>", Some("Riverside"), "accounts@riverside.example"),
            ("\"River, side\" <a@b.example> ", Some("River, side"), "a@b.example"),
        ] {
            let sender = MailSender { name: name.map(str::to_owned), address: address.to_owned() };
            assert_eq!(MailSender::parse(text), Some(sender), "{text}");
        }
        for text in ["", "Riverside", "Riverside <accounts>", "a@b.example>", "R\nBcc: c@d.example <a@b.example>"] {
            assert_eq!(MailSender::parse(text), None, "{text}");
        }
    }
}
