//! The key by which an account is found at login. Both spellings of an email's domain have the same key.
//!
//! Browsers send the email `ana@bücher.example` as `ana@xn--bcher-kva.example` (RFC 5891).

use super::text::comparison_key;

/// The key of a username or an email.
#[must_use]
pub fn login_key(name: &str) -> String {
    in_unicode(name).map_or_else(|| comparison_key(name), |name| comparison_key(&name))
}

/// The name in every spelling of its domain, for searches. The typed one comes first, because lists are sorted by it.
#[must_use]
pub fn spellings(name: &str) -> Vec<String> {
    let mut spellings = Vec::new();
    let all = [Some(name.to_owned()), in_unicode(name), in_ascii(name)];
    for spelling in all.into_iter().flatten().map(|spelling| comparison_key(&spelling)) {
        if !spellings.contains(&spelling) {
            spellings.push(spelling);
        }
    }
    spellings
}

fn in_unicode(name: &str) -> Option<String> {
    let (mailbox, domain) = name.rsplit_once('@')?;
    let (domain, outcome) = idna::domain_to_unicode(domain);
    outcome.ok().map(|()| format!("{mailbox}@{domain}"))
}

fn in_ascii(name: &str) -> Option<String> {
    let (mailbox, domain) = name.rsplit_once('@')?;
    idna::domain_to_ascii(domain).ok().map(|domain| format!("{mailbox}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_domain_have_one_key() {
        for (unicode, ascii) in [
            ("ana@bücher.example", "ana@xn--bcher-kva.example"),
            ("Ana@BÜCHER.example", "ana@XN--BCHER-KVA.EXAMPLE"),
            ("δοκιμή@παράδειγμα.ελ", "δοκιμή@xn--hxajbheg2az3al.xn--qxam"),
            ("ana@bu\u{308}cher.example", "ana@xn--bcher-kva.example"),
        ] {
            assert_eq!(login_key(unicode), login_key(ascii), "{unicode}");
            assert!(spellings(unicode).contains(&comparison_key(ascii)), "{unicode}");
            assert!(spellings(ascii).contains(&comparison_key(unicode)), "{ascii}");
            assert_eq!(spellings(ascii)[0], comparison_key(ascii), "the typed spelling comes first");
        }
    }

    #[test]
    fn a_name_without_a_second_spelling_has_one_key() {
        for name in ["Ana", "ana@example.org", "Åsa@Example.org", "xn--bcher-kva", "@", "ana@", "ana@xn--a", "a@b@xn--"]
        {
            assert_eq!(spellings(name), [comparison_key(name)], "{name}");
            assert_eq!(login_key(name), comparison_key(name), "{name}");
        }
    }
}
