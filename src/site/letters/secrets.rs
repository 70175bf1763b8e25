//! Leaves secrets out of what a mail server answers: answers are logged, stored and shown to staff.

use data_encoding::BASE64;

/// A word that contains so much of a secret is left out.
const PART: usize = 8;

/// Leaves out the words of an answer that quote a secret, or a part of it.
pub(super) fn without_secrets<S: AsRef<str>>(answer: &str, secrets: &[S]) -> String {
    let quotes = |word: &str| {
        let word = word.to_lowercase();
        secrets.iter().any(|secret| shares_part(&word, &secret.as_ref().to_lowercase()))
    };
    answer.split(' ').map(|word| if quotes(word) { "…" } else { word }).collect::<Vec<_>>().join(" ")
}

fn shares_part(word: &str, secret: &str) -> bool {
    let characters: Vec<_> = secret.chars().collect();
    !characters.is_empty()
        && characters.windows(PART.min(characters.len())).any(|part| word.contains(&String::from_iter(part)))
}

/// The password of the mail server as it is, and as AUTH sends it: PLAIN (RFC 4616) and LOGIN.
pub(super) fn as_sent(user: &str, password: &str) -> [String; 3] {
    let plain = format!("\0{user}\0{password}");
    [password.to_owned(), BASE64.encode(password.as_bytes()), BASE64.encode(plain.as_bytes())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_all_but_the_secret() {
        let secrets = as_sent("riverside", "heron-at-dusk");
        for (answer, kept) in [
            ("535 5.7.8 bad: AUTH PLAIN AHJpdmVyc2lkZQBoZXJvbi1hdC1kdXNr", "535 5.7.8 bad: AUTH PLAIN …"),
            ("535 5.7.8 bad: aGVyb24tYXQtZHVzaw==", "535 5.7.8 bad: …"),
            ("535 5.7.8 bad: [AHJpdmVyc2lkZQBoZXJvbi...]", "535 5.7.8 bad: …"),
            ("535 5.7.8 <heron-at-dusk> is wrong", "535 5.7.8 … is wrong"),
            ("535 5.7.8 riverside may not", "535 5.7.8 riverside may not"),
        ] {
            assert_eq!(without_secrets(answer, &secrets), kept);
        }
        assert_eq!(without_secrets("535 no", &as_sent("", "")), "535 no");
        assert_eq!(without_secrets("535 é is short", &["é"]), "535 … is short");
    }
}
