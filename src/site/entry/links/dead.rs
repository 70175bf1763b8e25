//! The page of a link that is wrong, used, expired or revoked: the same page for all four, with the way to a new one.

use rocket::http::Status;
use serde::Serialize;

use crate::{
    accounts::{Accounts, AccountsError, LinkTarget},
    domain::letters::link::{LinkPurpose, LinkToken},
    gate::Changes,
    site::pages::{
        Pages,
        answer::{Answer, refuse},
    },
};

#[derive(Debug, Serialize)]
struct DeadLinkView {
    /// Whether the link was to verify an email.
    verifies: bool,
}

/// The link's target, or the answer if the link does not work.
pub(super) async fn find_target(
    accounts: &Accounts,
    (pages, changes): (&Pages<'_>, Changes<'_>),
    purpose: LinkPurpose,
    token: &str,
) -> Result<(LinkToken, LinkTarget), Answer> {
    let Some(token) = LinkToken::parse(token) else { return Err(dead_link(pages, purpose)) };
    match accounts.read_link(purpose, &token).await {
        Ok(target) => Ok((token, target)),
        Err(error) => Err(refuse_link(pages, changes, purpose, error)),
    }
}

/// The answer to a link that was refused.
pub(super) fn refuse_link(
    pages: &Pages<'_>,
    changes: Changes<'_>,
    purpose: LinkPurpose,
    error: AccountsError,
) -> Answer {
    match error {
        AccountsError::BadLink => dead_link(pages, purpose),
        error => refuse(changes, error),
    }
}

fn dead_link(pages: &Pages<'_>, purpose: LinkPurpose) -> Answer {
    pages.show_at(Status::Gone, "links/dead", &DeadLinkView { verifies: purpose == LinkPurpose::Verify })
}
