//! The last letters: to whom, and what became of them. Never what they say, nor where to.

use rocket::{Route, State, get, routes};
use serde::Serialize;

use crate::{
    accounts::{self, Accounts},
    domain::{
        letters::{
            kind::LetterKind,
            sending::{LetterFault, LetterState},
        },
        moment::Moment,
    },
    gate::{Changes, Staff},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
    },
    store::letters::listed::ListedLetter,
};

/// How many letters are listed.
const LISTED: i64 = 100;

#[derive(Debug, Serialize)]
struct MailView {
    letters: Vec<LetterView>,
    most: i64,
}

#[derive(Debug, Serialize)]
struct LetterView {
    kind: String,
    user_id: Option<i64>,
    username: Option<String>,
    state: String,
    is_over: bool,
    attempts: i64,
    error: Option<String>,
    queued_at: Moment,
    /// When a letter that was tried, or put off, is tried again.
    next_at: Option<Moment>,
}

impl From<ListedLetter> for LetterView {
    fn from(letter: ListedLetter) -> Self {
        let ListedLetter { kind, user_id, username, state, attempts, error, queued_at, due_at, .. } = letter;
        let known = LetterState::from_code(&state);
        let in_words = |error: String| match LetterFault::from_code(&error) {
            Some(fault) => fault.sentence().to_owned(),
            None => error,
        };
        Self {
            kind: LetterKind::from_code(&kind).map_or(kind, |kind| kind.label().to_owned()),
            user_id,
            username,
            is_over: matches!(known, Some(LetterState::Sent | LetterState::Dropped)),
            state: known.map_or(state, |state| state.label().to_owned()),
            attempts,
            next_at: due_at.filter(|_| attempts > 0 || error.is_some()),
            error: error.map(in_words),
            queued_at,
        }
    }
}

async fn read(accounts: &Accounts) -> accounts::Result<MailView> {
    let letters = accounts.list_newest_letters(LISTED).await?;
    Ok(MailView { letters: letters.into_iter().map(LetterView::from).collect(), most: LISTED })
}

#[get("/admin/mail")]
async fn show(_staff: Staff<'_>, accounts: &State<Accounts>, pages: Pages<'_>, changes: Changes<'_>) -> Answer {
    match read(accounts).await {
        Ok(view) => pages.show("admin/mail", &view),
        Err(error) => refuse(changes, error),
    }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show]
}
