//! The events of the whole site as a file for a spreadsheet, however many there are.
//!
//! It is read and sent part by part. The next part is read when the one before has been taken, so a
//! browser that goes away ends it, and nothing is held for a slow one.

use std::{borrow::Cow, time::Duration};

use chrono::SecondsFormat;
use rocket::{
    State, fairing::AdHoc, futures::Stream, get, http::Status, response::stream::stream, routes, tokio::time::sleep,
};

use super::query::Sent;
use crate::{
    accounts::{self, Accounts, Actor},
    gate::{Changes, Present},
    site::{
        admin::no_repeated_field::NoRepeatedField,
        pages::{
            answer::{Answer, refuse},
            csv_file::{BROKEN_OFF, CsvFile, lines},
        },
    },
    store::{
        StoreError,
        events::EventRow,
        lists::events::{EventPlace, EventsQuery},
    },
};

/// What each record has, in this order.
const COLUMNS: [&str; 10] =
    ["time", "kind", "actor", "subject", "reason", "staff_reason", "user_reason", "address", "user_agent", "detail"];
/// Longer than the proxies of the README wait for more of an answer.
const UNTIL_PROXIES_HANG_UP: Duration = Duration::from_secs(40);

#[get("/admin/events.csv?<sent..>")]
pub(super) async fn export<'r>(
    present: Present<'r>,
    _once: NoRepeatedField,
    accounts: &'r State<Accounts>,
    changes: Changes<'r>,
    sent: Sent<'r>,
) -> Result<CsvFile<impl Stream<Item = Vec<u8>> + Send + 'r>, Answer> {
    let Some((query, _)) = sent.parse() else { return Err(Answer::Status(Status::BadRequest)) };
    let actor = present.actor();
    // What fails before the first line is still a page that says so.
    let first = read(accounts, &actor, &query, None).await.map_err(|error| refuse(changes, error))?;
    let head = lines([COLUMNS.map(Cow::Borrowed)]).unwrap_or_default();
    let lines = stream! {
        yield head;
        let mut part = first;
        while let Some((lines, last)) = part {
            yield lines;
            part = match read(accounts, &actor, &query, Some(last)).await {
                Ok(next) => next,
                Err(error) => {
                    log::error!("a file of events broke off: {error}");
                    // Rocket ends every body as if it were whole, so the file says itself that it is
                    // not; and a proxy that is left waiting breaks the connection off.
                    yield BROKEN_OFF.as_bytes().to_vec();
                    sleep(UNTIL_PROXIES_HANG_UP).await;
                    return;
                }
            };
        }
    };
    Ok(CsvFile { name: format!("events-{}.csv", present.login.now.format("%Y-%m-%d")), lines })
}

/// The next part and where it ends; none at the end.
async fn read(
    accounts: &Accounts,
    actor: &Actor,
    query: &EventsQuery,
    after: Option<EventPlace>,
) -> accounts::Result<Option<(Vec<u8>, EventPlace)>> {
    let part = accounts.export_events(actor, query, after).await?;
    let Some(last) = part.last().map(EventPlace::of) else { return Ok(None) };
    let lines = lines(part.into_iter().map(record)).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    Ok(Some((lines, last)))
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
        cell(event.detail),
    ]
}

/// Mounts it.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("File of events", |rocket| async { rocket.mount("/", routes![export]) })
}
