//! Which nodes have applied the latest force logout of a user, for the script that keeps it up to date.

use rocket::{State, fairing::AdHoc, get, routes};
use serde::Serialize;

use super::receipt_view::ReceiptView;
use crate::{
    accounts::Accounts,
    gate::{Changes, Staff},
    site::{
        answer::{Answer, refuse},
        pages::Pages,
    },
    store::feed::Change,
};

#[derive(Debug, Serialize)]
struct ReceiptPart {
    user_id: i64,
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
    match accounts.find_receipt(Change::User(id)).await {
        Ok(receipt) => {
            let receipt = receipt.and_then(ReceiptView::of);
            pages.show("admin/receipt", &ReceiptPart { user_id: id, receipt })
        }
        Err(error) => refuse(changes, error),
    }
}

/// Mounts it.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Receipt", |rocket| async { rocket.mount("/", routes![show]) })
}
