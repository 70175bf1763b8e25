//! Queues a letter to an account, in the transaction of the act that it reports.

use chrono::TimeDelta;

use crate::{
    accounts::{Accounts, Client, Result, locked::Locked},
    domain::{
        letters::{details::LetterDetails, kind::LetterKind},
        moment::Moment,
        reason_text::Reasons,
    },
    store::{
        Sql,
        letters::{NewLetter, add_login_to_letter, find_new_login_letter, insert_letter},
    },
};

/// An address gets one letter about new logins in this time.
const NEW_LOGIN_INTERVAL: TimeDelta = TimeDelta::hours(1);

impl Accounts {
    /// Queues a letter to the account's email. It names the client that acted, if there is one.
    pub(in crate::accounts) async fn queue_letter(
        &self,
        on: &mut impl Sql,
        kind: LetterKind,
        locked: &Locked,
        client: Option<&Client>,
    ) -> Result<()> {
        insert(on, kind, locked, client, details_of(client), locked.now).await
    }

    /// Queues a letter with the reason for the user. It does not name the client, which is that of staff.
    pub(in crate::accounts) async fn queue_letter_of_staff(
        &self,
        on: &mut impl Sql,
        kind: LetterKind,
        locked: &Locked,
        (client, reasons, until): (Option<&Client>, &Reasons, Option<Moment>),
    ) -> Result<()> {
        let user_reason = reasons.for_user.as_deref().map(str::to_owned);
        insert(on, kind, locked, client, LetterDetails { user_reason, until, ..LetterDetails::default() }, locked.now)
            .await
    }

    /// Queues the letter about a login with a browser or program that is new to the account. Further logins in the
    /// same hour are counted in the next letter.
    pub(in crate::accounts) async fn queue_new_login_letter(
        &self,
        on: &mut impl Sql,
        locked: &Locked,
        client: &Client,
    ) -> Result<()> {
        let last = find_new_login_letter(on, locked.user.id).await?;
        if let Some(last) = &last
            && add_login_to_letter(on, last.id).await?
        {
            return Ok(());
        }
        let next = last.and_then(|last| last.started_at).map(|at| at + NEW_LOGIN_INTERVAL);
        let due_at = next.map_or(locked.now, |next| next.max(locked.now));
        insert(on, LetterKind::NewLogin, locked, Some(client), details_of(Some(client)), due_at).await
    }
}

fn details_of(client: Option<&Client>) -> LetterDetails {
    LetterDetails {
        address: client.map(|client| client.address.clone()),
        user_agent: client.map(|client| client.user_agent().to_owned()),
        ..LetterDetails::default()
    }
}

async fn insert(
    on: &mut impl Sql,
    kind: LetterKind,
    locked: &Locked,
    client: Option<&Client>,
    details: LetterDetails,
    due_at: Moment,
) -> Result<()> {
    let letter = NewLetter {
        kind,
        user_id: Some(locked.user.id),
        address: &locked.user.email,
        origin: client.and_then(Client::origin),
        details: &LetterDetails { at: Some(locked.now), ..details },
        now: locked.now,
        due_at,
    };
    insert_letter(on, &letter).await?;
    Ok(())
}
