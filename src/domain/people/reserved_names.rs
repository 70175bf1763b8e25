//! Usernames that nobody may register, because others would take their owner for the site.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization as _;

use super::{skeletons::skeletons, username::Username};

/// Names that claim to run the site. Nobody may register them with a number behind, or together with any reserved name.
const AUTHORITIES: [&str; 32] = [
    "admin",
    "administration",
    "administrator",
    "administrators",
    "admins",
    "curfew",
    "helpdesk",
    "hostmaster",
    "mod",
    "moderation",
    "moderator",
    "moderators",
    "mods",
    "official",
    "operator",
    "operators",
    "owner",
    "owners",
    "postmaster",
    "root",
    "security",
    "staff",
    "superadmin",
    "superuser",
    "superusers",
    "support",
    "sysadmin",
    "sysadmins",
    "sysop",
    "system",
    "webmaster",
    "webmasters",
];

/// Mailbox names that belong to a site's operator (RFC 2142), and words that stand for the site or for nobody.
const RESERVED: [&str; 38] = [
    "abuse",
    "account",
    "accounts",
    "anonymous",
    "api",
    "billing",
    "bot",
    "contact",
    "everyone",
    "ftp",
    "guest",
    "help",
    "info",
    "legal",
    "login",
    "logout",
    "mail",
    "marketing",
    "me",
    "news",
    "nobody",
    "noc",
    "noreply",
    "null",
    "password",
    "privacy",
    "register",
    "sales",
    "service",
    "setup",
    "site",
    "status",
    "team",
    "undefined",
    "usenet",
    "user",
    "uucp",
    "www",
];

/// The reserved names of a site, by what they look like.
#[derive(Debug)]
pub struct ReservedNames {
    authorities: HashSet<String>,
    all: HashSet<String>,
}

impl ReservedNames {
    /// The built-in names, the site's own name, and the names in its settings.
    #[must_use]
    pub fn new(site_name: &str, more: &[String]) -> Self {
        let authorities = looks_of(AUTHORITIES.into_iter().chain([site_name]));
        let all = looks_of(RESERVED.into_iter().chain(more.iter().map(String::as_str)));
        Self { all: &all | &authorities, authorities }
    }

    /// Whether the username is reserved or looks like a reserved one, with any signs and accents in it. Also a name of
    /// authority with a number behind, or two reserved names together of which one claims authority.
    #[must_use]
    pub fn contains(&self, username: &Username) -> bool {
        let name = bare(username.as_str());
        let unnumbered = name.trim_end_matches(char::is_numeric);
        skeletons(&name).iter().any(|look| self.all.contains(look))
            || skeletons(unnumbered).iter().any(|look| self.authorities.contains(look) || self.is_pair(look))
    }

    fn is_pair(&self, look: &str) -> bool {
        let mut pairs = look.char_indices().map(|(at, _)| look.split_at(at));
        let has = |names: &HashSet<String>, name: &str| names.contains(name);
        pairs.any(|(one, other)| {
            has(&self.all, one) && has(&self.authorities, other) || has(&self.authorities, one) && has(&self.all, other)
        })
    }
}

/// What the names look like. In capitals too: `ADM1N` looks like `ADMIN`, and so `adm1n` is taken for `admin`.
fn looks_of<'a>(names: impl Iterator<Item = &'a str>) -> HashSet<String> {
    let looks = names.map(bare).flat_map(|name| [skeletons(&name), skeletons(&name.to_uppercase())]).flatten();
    looks.filter(|look| !look.is_empty()).collect()
}

/// The letters and digits of a name, without accents.
fn bare(name: &str) -> String {
    name.nfd().filter(|c| c.is_alphanumeric()).collect()
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
            "administrators",
            "admin1",
            "admin_team",
            "team.admin7",
            "\u{e4}dmin",
            "\u{430}dm\u{456}n2",
            "Curfew-Support",
            "RiversideRowingSupport",
            "support-2026",
        ] {
            assert!(is_reserved(name), "{name}");
        }
        for name in [
            "ana",
            "ana-",
            "bob.",
            "adminton",
            "rooty",
            "riverside",
            "supportive",
            "user7",
            "me2026",
            "guestuser",
            "harbour.master2",
            "\u{674e}\u{96f7}",
            "7",
            "...",
        ] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
