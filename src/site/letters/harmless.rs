//! Makes text from people harmless in a letter: mail programs turn anything that looks like an address into a link.

use std::net::IpAddr;

use crate::domain::people::text::{WORD_JOINER, escaped};

/// Escapes control and invisible characters, and breaks up everything that looks like an address. No mail program takes
/// what contains a word joiner for one.
pub(super) fn harmless(text: &str) -> String {
    let text = escaped(text);
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        if word.trim_end().parse::<IpAddr>().is_ok() {
            out.push_str(word); // staff and users copy these
        } else {
            push_broken_up(&mut out, word);
        }
    }
    out
}

/// The lines of a text, each of them harmless.
pub(super) fn harmless_lines(text: &str) -> Vec<String> {
    text.lines().map(harmless).collect()
}

fn push_broken_up(out: &mut String, word: &str) {
    let mut characters = word.chars().peekable();
    let mut before = None;
    while let Some(c) = characters.next() {
        out.push(c);
        let Some(after) = characters.peek().filter(|after| !after.is_whitespace()) else { continue };
        let is_in_number = |c: char| c.is_ascii_digit();
        let breaks = match c {
            // The last three separate the labels of an internationalised domain name (RFC 3490, section 3.1).
            '.' | '@' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => true,
            ':' => !before.is_some_and(is_in_number) || !is_in_number(*after), // not in a time
            // Mail programs decode `=?utf-8?…?=` in a header, wherever it comes from.
            '=' => *after == '?',
            _ => false,
        };
        if breaks {
            out.push(WORD_JOINER);
        }
        before = Some(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_an_address_is_broken_up_visibly_unchanged() {
        for text in [
            "http://evil.example/reset?a=b",
            "evil.example",
            "www.evil.example:8080",
            "mailto:ana@evil.example",
            "javascript:alert(1)",
            "evil。example",
            "9.evil.example",
            "http://10.0.0.1/x",
            "(evil.example)",
        ] {
            let made = harmless(text);
            assert_eq!(made.replace(WORD_JOINER, ""), text);
            assert_ne!(made, text);
            for looks_like_one in [".e", ".x", "://", "ro:", "@e", ":a", "。e", ".1", ":8"] {
                assert!(!made.contains(looks_like_one), "{made:?} contains {looks_like_one}");
            }
        }
        assert!(!harmless("=?utf-8?q?Bcc:?=").contains("=?"));
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in [
            "Hello Ana. Someone has logged in at 14:03:22 UTC, on 29 November 2026!",
            "192.0.2.254",
            "2001:db8::1",
            "from 192.0.2.254 today",
            "a = b?",
            "Zoë 👩‍👩‍👧 is out…",
        ] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn control_and_bidi_characters_are_escaped() {
        assert_eq!(harmless("a\r\nBcc: b\u{202e}"), "a\\u{d}\\u{a}Bcc: b\\u{202e}");
        assert_eq!(harmless_lines("one\ntwo.three"), ["one", "two.\u{2060}three"]);
    }
}
