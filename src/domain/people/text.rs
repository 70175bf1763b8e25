//! What all text from people has in common.

use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};
use unicode_normalization::UnicodeNormalization as _;

/// Whether a character may not appear in text from people: controls, and those that change the
/// direction or hide (Unicode's `Bidi_Control`, and the invisible format characters that spoof).
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
}

/// Whether a character is shown as nothing (Unicode's `Default_Ignorable_Code_Point`): between
/// words it may join or vary what stands beside it, in a name it makes two that look the same.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// The form in which two names are the same: NFKC, then case folded, then NFKC again, since folding
/// can leave what is no longer composed (Unicode, section 3.13, D146).
#[must_use]
pub fn comparison_key(text: &str) -> String {
    let normal: String = text.nfkc().collect();
    caseless::default_case_fold_str(&normal).nfkc().collect()
}

/// The text with control and hiding characters written out (`\u{1b}`), safe in a terminal and a log.
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

/// JSON with the same characters written in its own way (`\u001b`), so that it still reads back as
/// what it was.
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
    fn names_that_people_take_for_the_same_share_a_key() {
        for (a, b) in [("Ana", "aNA"), ("ﬁn", "FIN"), ("Å", "a\u{30a}"), ("STRASSE", "straße"), ("Σίσυφος", "ΣΊΣΥΦΟΣ")]
        {
            assert_eq!(comparison_key(a), comparison_key(b), "{a} {b}");
        }
        assert_ne!(comparison_key("ana"), comparison_key("anna"));
    }

    #[test]
    fn escaped_text_cannot_steer_a_terminal() {
        assert_eq!(escaped("a\u{1b}[31m\u{202e}b\n"), "a\\u{1b}[31m\\u{202e}b\\u{a}");
    }

    #[test]
    fn escaped_json_reads_back_as_what_it_was() {
        for text in ["plain é", "a\u{1b}[31m\u{7f}\u{9b}\u{202e}\u{e0041}\n\"\\"] {
            let json = escaped_json(&serde_json::json!(text).to_string());
            assert!(!json.contains(is_forbidden), "{json:?}");
            assert_eq!(serde_json::from_str::<String>(&json).ok().as_deref(), Some(text));
        }
    }
}
