//! Checks, comparison keys and escaping for all text that users type.

use std::borrow::Cow;

use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};
use unicode_normalization::UnicodeNormalization as _;

/// Whether a character is forbidden in text that users type: control characters, characters that change the direction
/// (Unicode's `Bidi_Control`), and invisible format characters that are used for spoofing.
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
}

/// An invisible character that joins two words. Letters break up names and addresses with it, so that no mail program
/// makes a link of them.
pub const WORD_JOINER: char = '\u{2060}';

/// A name or an address as it was before a letter broke it up. Whoever copies it from there pastes the joiners too.
#[must_use]
pub fn without_joiners(text: &str) -> Cow<'_, str> {
    if text.contains(WORD_JOINER) { text.replace(WORD_JOINER, "").into() } else { text.into() }
}

/// Whether a character is invisible (Unicode's `Default_Ignorable_Code_Point`). In text it may join or vary its
/// neighbours. In a name it is dangerous, because two names would look the same.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// The key by which names are compared: NFKC, then case-folded, then NFKC again, because the result of folding may not
/// be normalized (Unicode, section 3.13, D146).
#[must_use]
pub fn comparison_key(text: &str) -> String {
    let normalized: String = text.nfkc().collect();
    caseless::default_case_fold_str(&normalized).nfkc().collect()
}

/// Escapes control and invisible characters (`\u{1b}`), so that the text is safe in a terminal and a log.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if is_forbidden(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
        out
    })
}

/// Escapes the same characters in JSON (`\u001b`), so that it is safe in a terminal and parses to the same value.
#[must_use]
pub fn escaped_json(json: &str) -> String {
    let mut units = [0; 2];
    json.chars().fold(String::with_capacity(json.len()), |mut out, c| {
        if is_forbidden(c) {
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same_have_the_same_key() {
        for (a, b) in [("Ana", "aNA"), ("ﬁn", "FIN"), ("Å", "a\u{30a}"), ("STRASSE", "straße"), ("Σίσυφος", "ΣΊΣΥΦΟΣ")]
        {
            assert_eq!(comparison_key(a), comparison_key(b), "{a} {b}");
        }
        assert_ne!(comparison_key("ana"), comparison_key("anna"));
    }

    #[test]
    fn escaped_text_cannot_control_a_terminal() {
        assert_eq!(escaped("a\u{1b}[31m\u{202e}b\n"), "a\\u{1b}[31m\\u{202e}b\\u{a}");
    }

    #[test]
    fn escaped_json_parses_back_to_the_same_text() {
        for text in ["plain é", "a\u{1b}[31m\u{7f}\u{9b}\u{202e}\u{e0041}\n\"\\"] {
            let json = escaped_json(&serde_json::json!(text).to_string());
            assert!(!json.contains(is_forbidden), "{json:?}");
            assert_eq!(serde_json::from_str::<String>(&json).ok().as_deref(), Some(text));
        }
    }
}
