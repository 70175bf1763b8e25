//! What a name looks like. Two names that share a skeleton look alike (Unicode Technical Standard 39, section 4).

use std::collections::BTreeSet;

use unicode_security::skeleton;

use super::text::comparison_key;

/// The skeletons of a name: of its lower case, and of the name as written. Only the second shows that a name in
/// Cyrillic capitals looks like `AHA`.
#[must_use]
pub fn skeletons(name: &str) -> BTreeSet<String> {
    let as_written: String = skeleton(name).collect();
    [name, &as_written].map(|name| skeleton(&comparison_key(name)).collect()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_alike(a: &str, b: &str) -> bool {
        !skeletons(a).is_disjoint(&skeletons(b))
    }

    #[test]
    fn names_in_letters_of_another_script_look_alike() {
        for (a, b) in [
            ("ana", "\u{430}na"),
            ("ana", "ANA"),
            ("Ana", "\u{391}na"),
            ("root", "ro\u{43e}t"),
            ("AHA", "\u{410}\u{41d}\u{410}"),
            ("amelia", "arnelia"),
            ("bob0", "bobo"),
            ("Ian", "lan"),
            ("Ian", "I\u{430}n"),
            ("paypal", "\u{440}\u{430}\u{443}\u{440}\u{430}l"),
        ] {
            assert!(look_alike(a, b) && look_alike(b, a), "{a} {b}");
        }
    }

    #[test]
    fn names_that_the_eye_can_tell_apart_do_not_look_alike() {
        for (a, b) in [("ana", "anna"), ("ana", "an\u{e1}"), ("ian", "lan"), ("ana1", "ana2"), ("ana", "ana.")] {
            assert!(!look_alike(a, b), "{a} {b}");
        }
    }
}
