//! The CSV export of the events that a search matches.
//!
//! It is read and sent in batches. The next batch is read only when the client has taken the previous one, so a client
//! that disconnects ends the export, and a slow client does not hold a database connection.

use std::{borrow::Cow, time::Duration};

use chrono::SecondsFormat;
use rocket::{Route, State, futures::Stream, get, http::Status, response::stream::stream, routes, tokio::time::sleep};

use super::query::Sent;
use crate::{
    accounts::{self, Accounts, Actor},
    domain::lists::events_query::EventsQuery,
    gate::{Changes, Present, Staff},
    site::{
        admin::search::no_repeated_field::NoRepeatedField,
        pages::{
            answer::{Answer, refuse},
            csv_file::{CsvFile, INCOMPLETE, lines},
        },
    },
    store::{StoreError, events::EventRow, lists::events::EventPosition},
};

const COLUMNS: [&str; 10] =
    ["time", "kind", "actor", "subject", "reason", "staff_reason", "user_reason", "address", "user_agent", "detail"];
/// Longer than the read timeout of the proxies in the guides.
const PAST_PROXY_TIMEOUT: Duration = Duration::from_secs(40);

#[get("/admin/events.csv?<sent..>")]
pub(super) async fn export<'r>(
    present: Present<Staff<'r>>,
    fields: NoRepeatedField,
    accounts: &'r State<Accounts>,
    changes: Changes<'r>,
    sent: Sent<'r>,
) -> Result<CsvFile<impl Stream<Item = Vec<u8>> + Send + 'r>, Answer> {
    let parsed = sent.parse().ok().filter(|_| fields.are_all_in(Sent::FIELDS));
    let Some((query, _)) = parsed else { return Err(Answer::Status(Status::BadRequest)) };
    let actor = present.actor();
    // An error before the first line can still become an error page.
    let first = read(accounts, &actor, &query, None).await.map_err(|error| refuse(changes, error))?;
    let head = lines([COLUMNS.map(Cow::Borrowed)]).unwrap_or_default();
    let lines = stream! {
        yield head;
        let mut batch = first;
        while let Some((lines, last)) = batch {
            yield lines;
            batch = match read(accounts, &actor, &query, Some(last)).await {
                Ok(next) => next,
                Err(error) => {
                    log::error!("the export of events failed: {error}");
                    // Rocket ends every body as if it were complete. So the file itself says that it is not, and the
                    // wait makes a proxy time out and cut the connection.
                    yield INCOMPLETE.as_bytes().to_vec();
                    sleep(PAST_PROXY_TIMEOUT).await;
                    return;
                }
            };
        }
    };
    Ok(CsvFile { name: format!("events-{}.csv", present.login.now.format("%Y-%m-%d")), lines })
}

/// Reads the next batch as CSV lines, with its last place. Returns `None` after the last batch.
async fn read(
    accounts: &Accounts,
    actor: &Actor,
    query: &EventsQuery,
    after: Option<EventPosition>,
) -> accounts::Result<Option<(Vec<u8>, EventPosition)>> {
    let batch = accounts.export_events(actor, query, after).await?;
    let Some(last) = batch.last().map(EventPosition::of) else { return Ok(None) };
    let lines = lines(batch.into_iter().map(record)).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    Ok(Some((lines, last)))
}

/// The count is part of the detail, because programs rely on the columns.
fn detail(detail: Option<String>, times: i64) -> Option<String> {
    if times == 1 {
        return detail;
    }
    let count = format!("{times} times");
    Some(detail.map_or_else(|| count.clone(), |detail| format!("{detail}; {count}")))
}

fn record(event: EventRow) -> [Cow<'static, str>; COLUMNS.len()] {
    let cell = |text: Option<String>| Cow::Owned(text.unwrap_or_default());
    [
        event.at.to_rfc3339_opts(SecondsFormat::Micros, true).into(),
        event.kind.into(),
        cell(event.actor),
        cell(event.subject),
        cell(event.reason),
        cell(event.staff_reason),
        cell(event.user_reason),
        cell(event.address),
        cell(event.user_agent),
        cell(detail(event.detail, event.times)),
    ]
}

/// The routes of the export.
pub fn routes() -> Vec<Route> {
    routes![export]
}
