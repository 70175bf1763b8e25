//! Queues a letter to an account, in the transaction of the act that it reports.

use chrono::TimeDelta;

use crate::{
    accounts::{Actor, Client, Result, locked::Locked},
    domain::{
        letters::{details::LetterDetails, kind::LetterKind, sending::LIMIT_PERIOD},
        moment::moment_before,
    },
    store::{
        Sql,
        letters::{NewLetter, add_login_to_letter, find_new_login_letter, insert_letter, limits::count_letters_to},
    },
};

/// An address gets one letter about new logins in this time.
const NEW_LOGIN_INTERVAL: TimeDelta = TimeDelta::hours(1);

/// When a letter comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterComes {
    /// As soon as it can be sent.
    Now,
    /// When its address may get one more of the kind.
    WithinAnHour,
    /// When the account is active again: its link could not be used before.
    OnceActive,
    /// Never: somebody else than the account's owner has set its email.
    Never,
}

/// Queues a letter to the account's email. It names the client that acted, if there is one.
pub(in crate::accounts) async fn queue_letter(
    on: &mut dyn Sql,
    kind: LetterKind,
    locked: &Locked,
    client: Option<&Client>,
) -> Result<()> {
    queue_letter_saying(on, kind, locked, client, naming(client)).await
}

/// Queues a letter with a reset link to the account's email. Returns when it comes. Activating an account that has no
/// password queues it then.
pub(in crate::accounts) async fn queue_reset_letter(
    on: &mut dyn Sql,
    locked: &Locked,
    client: Option<&Client>,
) -> Result<LetterComes> {
    if locked.user.email_distrusted_at.is_some() {
        return Ok(LetterComes::Never);
    }
    if !locked.user.is_active_at(locked.now) {
        return Ok(LetterComes::OnceActive);
    }
    let kind = LetterKind::ResetPassword;
    let counted = (moment_before(locked.now, LIMIT_PERIOD), locked.now);
    let others = count_letters_to(on, kind, &locked.user.email, counted).await?;
    queue_letter_saying(on, kind, locked, client, LetterDetails::default()).await?;
    let has_room = usize::try_from(others).is_ok_and(|others| others < kind.most_per_hour());
    Ok(if has_room { LetterComes::Now } else { LetterComes::WithinAnHour })
}

/// Queues a letter with a reset link to an account that has just been activated, if it has no password: its owner took it
/// back while it was deactivated. `locked` may be as it was before the activation.
pub(in crate::accounts) async fn queue_reset_letter_if_no_password(
    on: &mut dyn Sql,
    locked: &Locked,
    client: Option<&Client>,
) -> Result<()> {
    if !locked.user.has_password() {
        queue_letter_saying(on, LetterKind::ResetPassword, locked, client, LetterDetails::default()).await?;
    }
    Ok(())
}

/// Queues a letter about an act of staff. It does not name their client.
pub(in crate::accounts) async fn queue_letter_of_staff(
    on: &mut dyn Sql,
    kind: LetterKind,
    locked: &Locked,
    actor: &Actor,
    details: LetterDetails,
) -> Result<()> {
    queue_letter_saying(on, kind, locked, actor.client.as_ref(), details).await
}

/// Queues a letter to the account's email that says no more than these details. The client only decides where its links
/// lead. No letter is queued to an address that somebody else than the account's owner has set.
pub(in crate::accounts) async fn queue_letter_saying(
    on: &mut dyn Sql,
    kind: LetterKind,
    locked: &Locked,
    client: Option<&Client>,
    details: LetterDetails,
) -> Result<()> {
    if locked.user.email_distrusted_at.is_some() {
        return Ok(());
    }
    insert_letter(on, &NewLetter { details, ..letter_to(locked, kind, client) }).await?;
    Ok(())
}

/// Queues the letter about a login with a browser or program that is new to the account. Further logins in the same
/// hour are counted in the next letter.
pub(in crate::accounts) async fn queue_new_login_letter(
    on: &mut dyn Sql,
    locked: &Locked,
    client: &Client,
) -> Result<()> {
    if locked.user.email_distrusted_at.is_some() {
        return Ok(());
    }
    let last = find_new_login_letter(on, locked.user.id).await?;
    if let Some(last) = &last
        && add_login_to_letter(on, last.id).await?
    {
        return Ok(());
    }
    let next = last.and_then(|last| last.started_at).map(|at| at + NEW_LOGIN_INTERVAL);
    let due_at = next.map_or(locked.now, |next| next.max(locked.now));
    let details = naming(Some(client));
    insert_letter(on, &NewLetter { details, due_at, ..letter_to(locked, LetterKind::NewLogin, Some(client)) }).await?;
    Ok(())
}

/// Details that name the client that acted.
pub(in crate::accounts) fn naming(client: Option<&Client>) -> LetterDetails {
    LetterDetails {
        address: client.map(|client| client.address.clone()),
        user_agent: client.map(|client| client.user_agent().to_owned()),
        ..LetterDetails::default()
    }
}

fn letter_to<'a>(locked: &'a Locked, kind: LetterKind, client: Option<&'a Client>) -> NewLetter<'a> {
    NewLetter {
        user_id: Some(locked.user.id),
        origin: client.and_then(Client::origin),
        ..NewLetter::new(kind, &locked.user.email, locked.now)
    }
}
