//! The 100,000 most common passwords that are long enough to be tried.
//!
//! NIST SP 800-63B-4, section 3.1.1.2, requires such a list. `common_passwords.LICENSE` says where it comes from.

use std::cmp::Ordering;

/// One password a line, in lower case, ascending. Only ASCII.
const PASSWORDS: &[u8] = include_bytes!("common_passwords.txt");

/// Whether the password is on the list, in any case. Costs less than a microsecond and no memory.
pub(super) fn is_common(text: &str) -> bool {
    let wanted = text.to_lowercase();
    let mut left = PASSWORDS;
    while !left.is_empty() {
        let (before, rest) = left.split_at(start_of_line(left, left.len() / 2));
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        left = match wanted.as_bytes().cmp(line) {
            Ordering::Equal => return true,
            Ordering::Less => before,
            Ordering::Greater => rest.get(line.len() + 1..).unwrap_or_default(),
        };
    }
    false
}

/// Where the line begins that has this position in it.
fn start_of_line(lines: &[u8], position: usize) -> usize {
    lines[..position].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_password_on_the_list_is_found_and_no_other() {
        let listed: Vec<&str> = std::str::from_utf8(PASSWORDS).unwrap_or_default().lines().collect();
        assert_eq!(listed.len(), 100_000);
        for password in listed {
            assert!(is_common(password) && password.len() >= 8, "{password}");
            let other = format!("{password}\u{e9}");
            assert!(!is_common(&other), "{other}");
        }
        assert!(is_common("SunShine1"));
        for text in ["", "\n", "!", "~~~~~~~~", "sunshine1\n", "tangerine lamp"] {
            assert!(!is_common(text), "{text:?}");
        }
    }
}
