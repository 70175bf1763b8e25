//! Usernames that nobody may register, because others would take their owner for the site.

use std::collections::HashSet;

use super::{skeletons::skeletons, username::Username};

/// Mailbox names that belong to a site's operator (RFC 2142), roles, and words that stand for the site or for nobody.
const RESERVED: [&str; 62] = [
    "abuse",
    "account",
    "accounts",
    "admin",
    "administration",
    "administrator",
    "anonymous",
    "api",
    "billing",
    "bot",
    "contact",
    "curfew",
    "everyone",
    "ftp",
    "guest",
    "help",
    "helpdesk",
    "hostmaster",
    "info",
    "legal",
    "login",
    "logout",
    "mail",
    "marketing",
    "me",
    "mod",
    "moderation",
    "moderator",
    "moderators",
    "news",
    "nobody",
    "noc",
    "noreply",
    "null",
    "official",
    "operator",
    "owner",
    "password",
    "postmaster",
    "privacy",
    "register",
    "root",
    "sales",
    "security",
    "service",
    "setup",
    "site",
    "staff",
    "status",
    "superadmin",
    "superuser",
    "support",
    "sysadmin",
    "sysop",
    "system",
    "team",
    "undefined",
    "usenet",
    "user",
    "uucp",
    "webmaster",
    "www",
];

/// The reserved names of a site, by what they look like.
#[derive(Debug)]
pub struct ReservedNames(HashSet<String>);

impl ReservedNames {
    /// The built-in names, the site's own name, and the names in its settings.
    #[must_use]
    pub fn new(site_name: &str, more: &[String]) -> Self {
        let names = RESERVED.into_iter().chain([site_name]).chain(more.iter().map(String::as_str));
        // In capitals too: `ADM1N` looks like `ADMIN`, and so `adm1n` is taken for `admin`.
        Self(names.map(bare).flat_map(|name| [skeletons(&name), skeletons(&name.to_uppercase())]).flatten().collect())
    }

    /// Whether the username is reserved or looks like a reserved one, with any signs in it.
    #[must_use]
    pub fn contains(&self, username: &Username) -> bool {
        skeletons(&bare(username.as_str())).iter().any(|skeleton| self.0.contains(skeleton))
    }
}

/// The letters and digits of a name.
fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names_and_their_look_alikes_are_found() {
        let reserved = ReservedNames::new("Riverside Rowing", &["harbour.master".to_owned()]);
        let is_reserved = |name: &str| Username::parse(name).is_ok_and(|name| reserved.contains(&name));
        for name in [
            "admin",
            "Admin",
            "ADMIN",
            "adm1n",
            "\u{430}dmin",
            "-a.d.m.i.n_",
            "ro\u{43e}t",
            "r00t",
            "Support",
            "\u{405}upport",
            "no-reply",
            "curfew",
            "riverside.rowing",
            "RiversideRowing",
            "harbourmaster",
            "Harb0ur_Master",
        ] {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["ana", "adminton", "rooty", "riverside", "supportive", "\u{674e}\u{96f7}", "7", "..."] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
