//! Looks up a pasted list of names, or a file of them, and offers the bulk actions on the users found.

use rocket::{FromForm, State, get, http::Status, post};
use serde::Serialize;

use super::{promise::Promise, view::CountsView};
use crate::{
    accounts::{self, Accounts, FoundName, LookedUp},
    domain::{
        bulk::{BulkAction, BulkChoice, BulkScope, BulkTerms},
        lists::{
            pasted_names::{PastedName, parse_names},
            text_file::text_of_file,
        },
        people::text::escaped,
    },
    gate::{Changes, Staff, Upload},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
        form::FormView,
    },
};

/// How many users found, and how many unknown names, the page lists.
const MOST_LISTED: usize = 100;
/// How many repeated names, and names out of reach, the page lists.
const FEW_LISTED: usize = 25;
/// How many characters of a name the page shows: a pasted name can be any text.
const MAX_SHOWN_CHARACTERS: usize = 60;

#[derive(Debug, FromForm)]
pub(super) struct PasteForm<'r> {
    #[field(default = "")]
    names: &'r str,
}

/// The context of the page.
#[derive(Debug, Default, Serialize)]
struct PasteView {
    form: FormView,
    result: Option<ResultView>,
}

#[derive(Debug, Serialize)]
struct ResultView {
    found: FirstEntries<UserView>,
    unknown: FirstEntries<NameView>,
    repeated: FirstEntries<NameView>,
    out_of_reach: FirstEntries<UserView>,
    choice: Option<ChoiceView>,
}

/// The first entries of a list, and how many it has.
#[derive(Debug, Serialize)]
struct FirstEntries<T> {
    count: usize,
    first: Vec<T>,
    /// How many are not among the first.
    more: usize,
}

#[derive(Debug, Serialize)]
struct NameView {
    line: usize,
    text: String,
    /// The line of the same name further up.
    earlier: Option<usize>,
}

#[derive(Debug, Serialize)]
struct UserView {
    line: usize,
    id: i64,
    username: String,
    role: &'static str,
}

/// A force logout of the users found, as its confirmation page would promise it.
#[derive(Debug, Serialize)]
struct ChoiceView {
    list: String,
    counts: CountsView,
    promised: String,
}

impl<T> FirstEntries<T> {
    fn of<U>(all: Vec<U>, most: usize, view: impl Fn(U) -> T) -> Self {
        let count = all.len();
        Self { count, first: all.into_iter().take(most).map(view).collect(), more: count.saturating_sub(most) }
    }
}

impl NameView {
    fn of(name: PastedName<'_>, earlier: Option<usize>) -> Self {
        Self { line: name.line, text: shown(name.text), earlier }
    }
}

impl UserView {
    fn of(found: FoundName<'_>) -> Self {
        let role = found.user.role().code();
        Self { line: found.name.line, id: found.user.id, username: found.user.username, role }
    }
}

/// The name as text that hides nothing, shortened.
fn shown(name: &str) -> String {
    let start: String = name.chars().take(MAX_SHOWN_CHARACTERS).collect();
    let rest = if start.len() < name.len() { "…" } else { "" };
    format!("{}{rest}", escaped(&start))
}

#[get("/admin/users/paste")]
pub(super) fn show(_staff: Staff<'_>, pages: Pages<'_>) -> Answer {
    pages.show_form("admin/paste", &PasteView::default())
}

#[post("/admin/users/paste", data = "<upload>")]
pub(super) async fn post(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    upload: Upload<PasteForm<'_>>,
) -> Answer {
    let mut form = FormView::default();
    let text = read_text(&mut form, &upload);
    let names = text.as_deref().and_then(|text| keep_error(&mut form, &upload, parse_names(text)));
    let Some(names) = names else {
        let status = if upload.is_cut { Status::PayloadTooLarge } else { Status::UnprocessableEntity };
        return pages.show_form_again(status, "admin/paste", &PasteView { form, result: None });
    };
    match look_up(accounts, &staff, &names).await {
        // The list is not shown again: it may be long, and the back button leads to it.
        Ok(result) => pages.show_form("admin/paste", &PasteView { form: FormView::default(), result: Some(result) }),
        Err(error) => refuse(changes, error),
    }
}

/// The list that was pasted or chosen as a file. Keeps what was pasted for the page.
fn read_text(form: &mut FormView, upload: &Upload<PasteForm<'_>>) -> Option<String> {
    form.set_value("names", upload.form.names);
    let has_names = !upload.form.names.trim().is_empty();
    if upload.is_cut {
        form.set_error("file", "The list is larger than 2 MB, so nothing was looked up. Split it.");
        return None;
    }
    if has_names && !upload.file.is_empty() {
        form.set_error("file", "Paste a list or choose a file, not both.");
        return None;
    }
    if has_names { Some(upload.form.names.to_owned()) } else { keep_error(form, upload, text_of_file(&upload.file)) }
}

/// Shows the error at the field that the list came from.
fn keep_error<T, E: std::fmt::Display>(
    form: &mut FormView,
    upload: &Upload<PasteForm<'_>>,
    read: Result<T, E>,
) -> Option<T> {
    let field = if upload.file.is_empty() { "names" } else { "file" };
    read.map_err(|error| form.set_error(field, error)).ok()
}

async fn look_up(accounts: &Accounts, staff: &Staff<'_>, names: &[PastedName<'_>]) -> accounts::Result<ResultView> {
    let actor = staff.actor();
    let LookedUp { found, out_of_reach, unknown, repeated, list } = accounts.look_up_names(&actor, names).await?;
    let choice = match list {
        Some(list) => {
            let (action, scope) = (BulkAction::ForceLogout, BulkScope::Listed(list.clone()));
            let terms = BulkTerms { keeps_own_login: true, ..BulkTerms::default() };
            let choice = BulkChoice { terms, ..BulkChoice::new(action, scope) };
            let previewed = accounts.preview_bulk(&actor, staff.login.role(), &choice).await?;
            let promised = Promise::new(previewed.choice.up_to, previewed.counts).to_text();
            Some(ChoiceView { list: list.as_str().to_owned(), counts: previewed.counts.into(), promised })
        }
        None => None,
    };
    Ok(ResultView {
        found: FirstEntries::of(found, MOST_LISTED, UserView::of),
        unknown: FirstEntries::of(unknown, MOST_LISTED, |name| NameView::of(name, None)),
        repeated: FirstEntries::of(repeated, FEW_LISTED, |(name, line)| NameView::of(name, Some(line))),
        out_of_reach: FirstEntries::of(out_of_reach, FEW_LISTED, UserView::of),
        choice,
    })
}
