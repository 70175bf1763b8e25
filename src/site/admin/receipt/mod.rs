//! The receipt of the latest force logout of a user or of everyone, for the script that polls it.

pub(super) mod view;

use rocket::{Route, State, get, routes, uri};
use serde::Serialize;

use self::view::ReceiptView;
use crate::{
    accounts::Accounts,
    gate::{Changes, Staff, Superuser},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
    },
    store::feed::Change,
};

#[derive(Debug, Serialize)]
struct ReceiptPart {
    /// The address to poll.
    address: String,
    receipt: Option<ReceiptView>,
}

#[get("/admin/users/<id>/receipt")]
async fn show(
    _staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
) -> Answer {
    part(accounts, &pages, changes, Change::User(id), uri!(show(id)).to_string()).await
}

#[get("/admin/force-logout/receipt")]
async fn show_everyones(
    _superuser: Superuser<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
) -> Answer {
    part(accounts, &pages, changes, Change::Everyone, uri!(show_everyones).to_string()).await
}

async fn part(accounts: &Accounts, pages: &Pages<'_>, changes: Changes<'_>, change: Change, address: String) -> Answer {
    match accounts.find_receipt(change).await {
        Ok(receipt) => {
            let receipt = receipt.and_then(ReceiptView::of);
            pages.show("admin/receipt", &ReceiptPart { address, receipt })
        }
        Err(error) => refuse(changes, error),
    }
}

/// The routes of the receipts.
pub fn routes() -> Vec<Route> {
    routes![show, show_everyones]
}
