//! What the values of settings look like: how each kind is parsed, and what its error says is accepted.

use std::{net::IpAddr, num::NonZeroU32, path::PathBuf, str::FromStr as _, time::Duration};

use ipnet::IpNet;
use rocket::figment::value::Value;

use super::{
    BaseUrl, Check, EmailVerification, MailSender, RegistrationPolicy, SecureCookies, SettingsError, WhenFull,
    mail::parse_folder,
    value::{as_text, as_texts},
};
use crate::domain::{
    letters::link::MAX_LINK_LIFETIME,
    logins::token::parse_token_lifetime,
    people::{password::MIN_LENGTHS, text::is_forbidden, username::Username},
    rate::Rate,
};

/// A longer duration is a typing error.
const MAX_DURATION: Duration = Duration::from_hours(100 * 366 * 24);
/// Clocks that differ by more need to be set.
const MAX_LEEWAY: Duration = Duration::from_mins(10);
/// A larger limit is a typing error, or means "no limit".
const MAX_LIMIT: u32 = 1_000_000;
/// The maximum length of the site's name, in characters.
const SITE_NAME_CHARACTERS: usize = 60;
/// The maximum length of the name of the session cookie.
const COOKIE_NAME_CHARACTERS: usize = 40;

/// A value that is parsed from one text.
pub(super) struct Kind<T> {
    accepted: &'static str,
    parse: fn(&str) -> Option<T>,
}

/// One of a few words.
pub(super) struct Choice<T: 'static>(&'static [(&'static str, T)]);

/// An array of values, or one comma-separated text.
pub(super) struct List<T>(Kind<T>);

pub(super) const DURATION: Kind<Duration> = Kind {
    accepted: "a duration such as \"90 s\", \"15 minutes\", \"72h\" or \"3 days\", from one second to 100 years",
    parse: |text| parse_duration(text, MAX_DURATION),
};
/// The links of letters.
pub(super) const LINK_LIFETIME: Kind<Duration> = Kind {
    accepted: "a duration such as \"90 minutes\" or \"3 days\", from one second to 7 days",
    parse: |text| parse_duration(text, MAX_LINK_LIFETIME),
};
pub(super) const TOKEN_LIFETIME: Kind<Duration> = Kind {
    accepted: "a duration such as \"72h\" or \"30 days\", from one second to 366 days",
    parse: |text| parse_token_lifetime(text).ok(),
};
/// Unlike all other durations, the leeway may be zero.
pub(super) const LEEWAY: Kind<Duration> = Kind {
    accepted: "a duration from \"0 s\" to \"10 minutes\"",
    parse: |text| humantime::parse_duration(text).ok().filter(|duration| *duration <= MAX_LEEWAY),
};
pub(super) const LIMIT: Kind<Option<NonZeroU32>> = Kind {
    accepted: "0 for no limit, or a whole number from 1 to 1000000",
    parse: |text| text.parse().ok().filter(|count| *count <= MAX_LIMIT).map(NonZeroU32::new),
};
pub(super) const RATE: Kind<Rate> =
    Kind { accepted: "a rate such as \"10 per 15 minutes\"", parse: |text| Rate::from_str(text).ok() };
pub(super) const BCRYPT_COST: Kind<u32> = Kind {
    accepted: "a whole number from 4 to 31",
    parse: |text| text.parse().ok().filter(|cost| (4..=31).contains(cost)),
};
pub(super) const PASSWORD_LENGTH: Kind<usize> = Kind {
    accepted: "a whole number from 8 to 64",
    parse: |text| text.parse().ok().filter(|length| MIN_LENGTHS.contains(length)),
};
pub(super) const USERNAMES: List<String> = List(Kind {
    accepted: "a list of usernames such as [\"harbour-master\"]",
    parse: |text| Username::parse(text).ok().map(|name| name.as_str().to_owned()),
});
pub(super) const SITE_NAME: Kind<String> = Kind {
    accepted: "1 to 60 characters",
    parse: |text| {
        let name = text.trim();
        let is_short = (1..=SITE_NAME_CHARACTERS).contains(&name.chars().count());
        (is_short && !name.chars().any(is_forbidden)).then(|| name.to_owned())
    },
};
pub(super) const COOKIE_NAME: Kind<String> = Kind {
    accepted: "1 to 40 letters, digits, - or _",
    parse: |text| {
        let is_in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_name = (1..=COOKIE_NAME_CHARACTERS).contains(&text.len()) && text.bytes().all(is_in_name);
        // A browser refuses these prefixes without https, which puts its own before.
        (is_name && !text.starts_with("__")).then(|| text.to_owned())
    },
};
pub(super) const BASE_URL: Kind<Option<BaseUrl>> =
    Kind { accepted: "an address such as https://example.org", parse: |text| BaseUrl::parse(text).map(Some) };
pub(super) const ORIGINS: List<BaseUrl> =
    List(Kind { accepted: "a list of origins such as [\"https://app.example.org\"]", parse: BaseUrl::parse_origin });
pub(super) const MAIL_FROM: Kind<Option<MailSender>> = Kind {
    accepted: "a sender such as \"Riverside <accounts@riverside.example>\"",
    parse: |text| MailSender::parse(text).map(Some),
};
pub(super) const MAIL_FOLDER: Kind<Option<PathBuf>> =
    Kind { accepted: "the path of a folder", parse: |text| parse_folder(text).map(Some) };
pub(super) const NETWORKS: List<IpNet> = List(Kind {
    accepted: "a list of addresses or networks such as [\"127.0.0.1\", \"10.0.0.0/8\"]",
    parse: |text| text.parse().ok().or_else(|| text.parse().ok().map(|address: IpAddr| IpNet::from(address))),
});
pub(super) const REGISTRATION: Choice<RegistrationPolicy> =
    Choice(&[("open", RegistrationPolicy::Open), ("closed", RegistrationPolicy::Closed)]);
pub(super) const EMAIL_VERIFICATION: Choice<EmailVerification> =
    Choice(&[("optional", EmailVerification::Optional), ("required", EmailVerification::Required)]);
pub(super) const WHEN_FULL: Choice<WhenFull> =
    Choice(&[("end-oldest", WhenFull::EndOldest), ("refuse-new", WhenFull::RefuseNew)]);
pub(super) const CHECK: Choice<Check> = Choice(&[("cached", Check::Cached), ("every-request", Check::EveryRequest)]);
pub(super) const SWITCH: Choice<bool> = Choice(&[("true", true), ("false", false)]);
pub(super) const SECURE_COOKIES: Choice<SecureCookies> =
    Choice(&[("auto", SecureCookies::Auto), ("always", SecureCookies::Always), ("never", SecureCookies::Never)]);

/// Parses a duration of at least one second.
fn parse_duration(text: &str, longest: Duration) -> Option<Duration> {
    let duration = humantime::parse_duration(text).ok()?;
    (Duration::from_secs(1)..=longest).contains(&duration).then_some(duration)
}

impl<T> Kind<T> {
    pub(super) fn read(&self, key: &str, value: &Value) -> Result<T, SettingsError> {
        let text = as_text(value);
        text.as_deref().and_then(self.parse).ok_or_else(|| refused(key, text, self.accepted))
    }
}

impl<T: Copy> Choice<T> {
    pub(super) fn read(&self, key: &str, value: &Value) -> Result<T, SettingsError> {
        let text = as_text(value);
        let chosen = self.0.iter().find(|(name, _)| text.as_deref() == Some(*name));
        chosen.map(|(_, choice)| *choice).ok_or_else(|| refused(key, text, &self.names()))
    }

    /// The names as a list: `"auto", "always" or "never"`.
    fn names(&self) -> String {
        let names: Vec<String> = self.0.iter().map(|(name, _)| format!("{name:?}")).collect();
        names.split_last().map(|(last, others)| format!("{} or {last}", others.join(", "))).unwrap_or_default()
    }
}

impl<T> List<T> {
    pub(super) fn read(&self, key: &str, value: &Value) -> Result<Vec<T>, SettingsError> {
        let Self(Kind { accepted, parse }) = self;
        let texts = as_texts(value).ok_or_else(|| refused(key, None, accepted))?;
        texts.into_iter().map(|text| parse(&text).ok_or_else(|| refused(key, Some(text), accepted))).collect()
    }
}

fn refused(key: &str, text: Option<String>, accepted: &str) -> SettingsError {
    let value = text.map_or_else(|| "of the wrong type".to_owned(), |text| format!("{text:?}"));
    SettingsError::new(key, value, accepted)
}
