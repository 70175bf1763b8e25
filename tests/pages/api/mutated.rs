//! Tokens with a random change: never accepted, always a 401 and never a server error.

use curfew::domain::people::role::Role;
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, TestCaseError, TestRunner},
};
use rocket::tokio::runtime::Runtime;

use crate::harness::{
    program::Program,
    site::Site,
    store::{Engine, any_engine, quick_or_soak},
};

/// How a token is changed.
#[derive(Debug, Clone)]
enum Change {
    Replace(Index, char),
    Insert(Index, String),
    Remove(Index),
    Cut(Index),
    Flip(Index, u8),
    Swap(Index, Index),
    Repeat(Index, Index),
    Wrap(String, String),
}

impl Change {
    fn any() -> impl Strategy<Value = Self> {
        let index = any::<Index>;
        prop_oneof![
            4 => (index(), "[A-Za-z0-9._=+/ -]").prop_map(|(at, text)| Self::Replace(at, text.chars().next().unwrap_or('x'))),
            1 => (index(), any::<char>()).prop_map(|(at, to)| Self::Replace(at, to)),
            2 => (index(), "\\PC{1,5}").prop_map(|(at, text)| Self::Insert(at, text)),
            2 => index().prop_map(Self::Remove),
            1 => index().prop_map(Self::Cut),
            2 => (index(), 0_u8..7).prop_map(|(at, bit)| Self::Flip(at, bit)),
            2 => (index(), index()).prop_map(|(one, other)| Self::Swap(one, other)),
            1 => (index(), index()).prop_map(|(from, to)| Self::Repeat(from, to)),
            1 => ("\\PC{0,3}", "\\PC{0,3}").prop_map(|(before, after)| Self::Wrap(before, after)),
        ]
    }

    fn of(&self, token: &str) -> String {
        let mut chars: Vec<char> = token.chars().collect();
        match self {
            Self::Replace(at, to) => chars[at.index(token.len())] = *to,
            Self::Insert(at, text) => {
                let at = at.index(chars.len());
                chars.splice(at..at, text.chars());
            }
            Self::Remove(at) => drop(chars.remove(at.index(token.len()))),
            Self::Cut(at) => chars.truncate(at.index(token.len())),
            Self::Flip(at, bit) => {
                let at = at.index(token.len());
                chars[at] = char::from(token.as_bytes()[at] ^ (1 << bit));
            }
            Self::Swap(one, other) => chars.swap(one.index(token.len()), other.index(token.len())),
            Self::Repeat(from, to) => {
                let (from, to) = (from.index(token.len()), to.index(token.len()));
                let piece: Vec<char> = chars[from.min(to)..from.max(to)].to_vec();
                chars.splice(from..from, piece);
            }
            Self::Wrap(before, after) => return format!("{before}{token}{after}"),
        }
        chars.into_iter().collect()
    }
}

#[test]
fn a_changed_token_is_always_refused() {
    for engine in any_engine() {
        let runtime = Runtime::new().expect("a runtime");
        let (site, jwt, opaque) = runtime.block_on(logged_in(engine));
        let jwt = Program { site: &site, ..jwt.of(&site) };
        let mut runner =
            TestRunner::new(Config { cases: quick_or_soak(100, 400), failure_persistence: None, ..Config::default() });
        let tokens = [("Bearer", jwt.access.clone()), ("Bearer", jwt.refresh.clone()), ("Token", opaque)];
        let strategy = (0..tokens.len(), Change::any());
        let outcome = runner.run(&strategy, |(which, change)| {
            let (scheme, good) = &tokens[which];
            let changed = change.of(good);
            // White space around a token is not part of it (RFC 9110, section 5.5).
            if changed.trim() == good {
                return Ok(());
            }
            runtime.block_on(async {
                let refused = jwt.shows(&format!("{scheme} {changed}")).await;
                prop_assert_eq!(refused.status, 401, "{} was let in: {:?}", changed, refused);
                let refused = jwt.refreshes_with(&changed).await;
                prop_assert_eq!(refused.status, 401, "{} was exchanged: {:?}", changed, refused);
                Ok::<(), TestCaseError>(())
            })
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
        runtime.block_on(async { assert!(jwt.is_logged_in().await, "the unchanged token must be valid") });
    }
}

/// The tokens of a client, without its site.
struct Held {
    access: String,
    refresh: String,
    name: String,
}

impl Held {
    fn of<'s>(&self, site: &'s Site) -> Program<'s> {
        let mut program = site.visitor().program();
        (program.access, program.refresh) = (self.access.clone(), self.refresh.clone());
        program.name.clone_from(&self.name);
        program.authorization = format!("Bearer {}", self.access);
        program
    }
}

async fn logged_in(engine: Engine) -> (Site, Held, String) {
    let site = Site::on(engine).await;
    let person = site.person(Role::Member).await;
    let (jwt, opaque) = (person.program_with_jwt().await, person.program_with_token().await.opaque);
    let held = Held { access: jwt.access, refresh: jwt.refresh, name: person.name.clone() };
    (site, held, opaque)
}
