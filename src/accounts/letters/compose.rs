//! Prepares a letter that is due: finds its account, and creates the link's token, which only the letter holds.

use crate::{
    accounts::{
        Result,
        links::{
            find::{is_same, sent_to_its_purpose},
            issue::{create_token, issue_link},
        },
        locked::Locked,
    },
    domain::{
        letters::{
            details::LetterDetails,
            kind::LetterKind,
            link::{LinkPurpose, LinkToken},
        },
        moment::Moment,
    },
    store::Transaction,
};

/// A letter that is due, as it was queued.
#[derive(Debug, Clone)]
pub(in crate::accounts) struct QueuedLetter {
    pub(in crate::accounts) id: i64,
    pub(in crate::accounts) kind: LetterKind,
    pub(in crate::accounts) user_id: Option<i64>,
    pub(in crate::accounts) address: String,
    pub(in crate::accounts) origin: Option<String>,
    pub(in crate::accounts) details: LetterDetails,
    pub(in crate::accounts) times: i64,
    pub(in crate::accounts) queued_at: Moment,
    /// The link of the last attempt.
    pub(in crate::accounts) link_id: Option<i64>,
}

/// A letter with everything that its words need.
#[derive(Debug, Clone)]
pub struct LetterToSend {
    /// The id, for the `Message-ID`.
    pub id: i64,
    /// The kind.
    pub kind: LetterKind,
    /// The recipient.
    pub address: String,
    /// The account's name.
    pub username: String,
    /// The link, with its token.
    pub link: (LinkPurpose, LinkToken),
    /// The origin of the request, for links of a site without `base_url`.
    pub origin: Option<String>,
    /// What it says.
    pub details: LetterDetails,
    /// How many logins it reports.
    pub times: i64,
    /// When it was queued, which is when what it reports happened.
    pub queued_at: Moment,
    /// When it was claimed.
    pub claimed_at: Moment,
}

/// What becomes of a letter that is due.
#[derive(Debug)]
pub(in crate::accounts) enum Composed {
    /// It is sent, and its link is stored in this row.
    Send { letter: Box<LetterToSend>, link_id: i64 },
    /// It is not sent, and its row is deleted: nobody has the address, the account may not log in, or somebody else than
    /// its owner set the address.
    Drop,
}

/// Prepares a letter in the transaction that claims it, which holds its account. Each attempt creates a token, because
/// only the letter holds it.
pub(in crate::accounts) async fn compose_letter(
    on: &mut Transaction,
    queued: QueuedLetter,
    account: Option<Locked>,
) -> Result<Composed> {
    let Some(locked) = account else { return Ok(Composed::Drop) };
    // Whoever asked may have typed an address that only looks like the account's: `miKe@` with the Kelvin sign.
    let address = if queued.user_id.is_none() { locked.user.email.clone() } else { queued.address };
    let purpose = queued.kind.link();
    let is_meant = sent_to_its_purpose(purpose, &address, &locked.user);
    // Somebody may have asked for it.
    let is_distrusted = locked.user.email_distrusted_at.is_some() && is_same(&address, &locked.user.email);
    // A not-me link also helps the owner of an account that is deactivated. The others could not be used.
    if !is_meant || is_distrusted || purpose != LinkPurpose::NotMe && !locked.user.is_active_at(locked.now) {
        return Ok(Composed::Drop);
    }
    let link_id = match (purpose, queued.link_id) {
        // By the order in which letters were queued, the owner's letter wins over those to an attacker.
        (LinkPurpose::NotMe, None) => issue_link(on, purpose, &locked, &address, queued.queued_at).await?,
        (LinkPurpose::NotMe, Some(id)) => id,
        // That of an earlier attempt may be dead by now.
        (LinkPurpose::Reset | LinkPurpose::Verify, _) => issue_link(on, purpose, &locked, &address, locked.now).await?,
    };
    let token = create_token(on, link_id).await?;
    let QueuedLetter { id, kind, origin, details, times, queued_at, .. } = queued;
    let account = locked.into_read();
    let (username, claimed_at) = (account.user.username, account.now);
    let link = (purpose, token);
    let letter = LetterToSend { id, kind, address, username, link, origin, details, times, queued_at, claimed_at };
    Ok(Composed::Send { letter: Box::new(letter), link_id })
}
