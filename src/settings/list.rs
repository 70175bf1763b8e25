//! The list of settings: every key of `[default.curfew]` with its type, its default and what it accepts.
//!
//! A new setting is one entry here, and a row in the settings guide.

use std::{num::NonZeroU32, path::PathBuf, time::Duration};

use ipnet::IpNet;
use rocket::figment::value::Dict;

use super::{
    BaseUrl, Check, EmailVerification, MailSender, RegistrationPolicy, SecureCookies, SettingsError, WhenFull,
    kinds::{
        BASE_URL, BCRYPT_COST, CHECK, COOKIE_NAME, DURATION, EMAIL_VERIFICATION, LEEWAY, LIMIT, LINK_LIFETIME,
        MAIL_FOLDER, MAIL_FROM, NETWORKS, ORIGINS, PASSWORD_LENGTH, RATE, REGISTRATION, SECURE_COOKIES, SITE_NAME,
        SWITCH, TOKEN_LIFETIME, USERNAMES, WHEN_FULL,
    },
};
use crate::domain::rate::Rate;

/// The keys that are read apart from [`Settings`], because they hold secrets.
const KEYS_OF_SECRETS: [&str; 3] = ["previous_secret_keys", "redis_url", "smtp_url"];

macro_rules! settings {
    ($($(#[$doc:meta])+ $key:ident: $type:ty = $default:expr, $kind:expr;)+) => {
        /// The settings of the site, each under its key. Rocket's own settings are in
        /// [`Configuration::figment`](super::Configuration::figment).
        #[derive(Debug, Clone)]
        pub struct Settings {
            $($(#[$doc])+ pub $key: $type,)+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($key: $default,)+ }
            }
        }

        impl Settings {
            /// Reads the table. Returns the first key that is unknown, if there is one.
            pub(super) fn read(mut table: Dict) -> Result<(Self, Option<String>), SettingsError> {
                let mut settings = Self::default();
                $(if let Some(value) = table.remove(stringify!($key)) {
                    settings.$key = $kind.read(stringify!($key), &value)?;
                })+
                let unknown = table.into_keys().find(|key| !KEYS_OF_SECRETS.contains(&key.as_str()));
                Ok((settings, unknown))
            }
        }

        /// Every key of `[default.curfew]`.
        pub(super) const KEYS: [&str; [$(stringify!($key)),+].len() + KEYS_OF_SECRETS.len()] =
            [$(stringify!($key),)+ KEYS_OF_SECRETS[0], KEYS_OF_SECRETS[1], KEYS_OF_SECRETS[2]];
    };
}

const HOURS_PER_DAY: u64 = 24;

settings! {
    /// The name of the site.
    site_name: String = "Curfew".to_owned(), SITE_NAME;
    /// The origin of the site as seen from outside.
    base_url: Option<BaseUrl> = None, BASE_URL;
    /// Whether visitors may register.
    registration: RegistrationPolicy = RegistrationPolicy::Open, REGISTRATION;
    /// Whether an account must prove its email before it can log in.
    email_verification: EmailVerification = EmailVerification::Optional, EMAIL_VERIFICATION;
    /// How long the link in a letter lets its reader choose a new password.
    reset_link_lifetime: Duration = Duration::from_hours(1), LINK_LIFETIME;
    /// How long the link in a letter verifies an email.
    verification_link_lifetime: Duration = Duration::from_hours(HOURS_PER_DAY), LINK_LIFETIME;
    /// The lifetime of a member's session.
    session_lifetime: Duration = Duration::from_hours(14 * HOURS_PER_DAY), DURATION;
    /// The idle timeout of a member's session.
    session_idle: Duration = Duration::from_hours(3 * HOURS_PER_DAY), DURATION;
    /// The lifetime of a session of staff or superusers.
    staff_session_lifetime: Duration = Duration::from_hours(12), DURATION;
    /// The idle timeout of a session of staff or superusers.
    staff_session_idle: Duration = Duration::from_hours(1), DURATION;
    /// The maximum number of live sessions of a member. `None` is no limit.
    max_sessions: Option<NonZeroU32> = None, LIMIT;
    /// The maximum number of live sessions of staff and superusers. `None` is no limit.
    staff_max_sessions: Option<NonZeroU32> = None, LIMIT;
    /// The maximum number of live tokens of an account, opaque tokens and JWT families together. `None` is no limit.
    max_tokens: Option<NonZeroU32> = NonZeroU32::new(50), LIMIT;
    /// What happens to a login beyond these limits.
    when_full: WhenFull = WhenFull::EndOldest, WHEN_FULL;
    /// The lifetime of a JWT access token.
    access_token_lifetime: Duration = Duration::from_mins(5), DURATION;
    /// The lifetime of a JWT refresh token.
    refresh_token_lifetime: Duration = Duration::from_hours(24), DURATION;
    /// The default lifetime of an opaque token.
    token_lifetime: Duration = Duration::from_hours(3 * HOURS_PER_DAY), TOKEN_LIFETIME;
    /// How far the clocks of two nodes may differ when a JWT's `exp` and `nbf` are checked.
    token_leeway: Duration = Duration::ZERO, LEEWAY;
    /// The origins whose scripts may call the API.
    cors_origins: Vec<BaseUrl> = Vec::new(), ORIGINS;
    /// Whether logins are judged from memory or from the database.
    check: Check = Check::Cached, CHECK;
    /// How long ended sessions and tokens are kept.
    session_retention: Duration = Duration::from_hours(30 * HOURS_PER_DAY), DURATION;
    /// How long events are kept.
    event_retention: Duration = Duration::from_hours(400 * HOURS_PER_DAY), DURATION;
    /// The maximum rate of failed logins for one account from one address.
    throttle_login: Rate = Rate { count: 10, period: Duration::from_mins(15) }, RATE;
    /// How long a password check counts as recent, for staff actions that require one.
    proof_of_presence: Duration = Duration::from_mins(15), DURATION;
    /// Usernames that nobody may register, besides the built-in ones.
    reserved_names: Vec<String> = Vec::new(), USERNAMES;
    /// The minimum length of a new password, in characters.
    password_min_length: usize = 8, PASSWORD_LENGTH;
    /// The bcrypt cost of a password hash. Each step doubles the time.
    bcrypt_cost: u32 = 12, BCRYPT_COST;
    /// The sender of letters. `None`: see [`Configuration::mail_sender`](super::Configuration::mail_sender).
    mail_from: Option<MailSender> = None, MAIL_FROM;
    /// The folder of the letters of a site without a mail server. `None`: see
    /// [`Configuration::mail_folder`](super::Configuration::mail_folder).
    mail_folder: Option<PathBuf> = None, MAIL_FOLDER;
    /// The proxies whose `X-Forwarded-For` and `-Proto` are trusted.
    trusted_proxies: Vec<IpNet> = Vec::new(), NETWORKS;
    /// Whether HSTS covers all subdomains of the site's host.
    hsts_include_subdomains: bool = false, SWITCH;
    /// The name of the session cookie. The names of the other cookies begin with it.
    cookie_name: String = "curfew".to_owned(), COOKIE_NAME;
    /// When the session cookie is `Secure`.
    secure_cookies: SecureCookies = SecureCookies::Auto, SECURE_COOKIES;
}
