//! "This wasn't me": the owner takes the account back with the link in a letter.
//!
//! An attacker may hold a session, the password, and the account's current email. The owner still has the mailbox that
//! a letter of the last week went to, and that is enough.

use super::find::is_same;
use crate::{
    accounts::{
        Accounts, AccountsError, Client, Detail, LetterComes, LoginCounts, Result,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        locked::Locked,
        outbox::queue_reset_letter,
    },
    domain::{
        event_kind::EventKind,
        letters::link::{LinkPurpose, LinkToken},
        people::{email::Email, login_key::login_key},
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{
        Transaction, events::insert_event, feed::Change, letters::drop_later_letters_elsewhere,
        links::delete_later_not_me_links, users,
    },
};

/// An account that its owner took back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// The live logins that ended.
    pub ended: LoginCounts,
    /// The address that the reset letter goes to.
    pub address: String,
    /// When it comes. It never comes if another account has the address: then staff must help.
    pub letter: LetterComes,
}

impl Accounts {
    /// Ends every login of the link's account, disables the password, restores the address that the link was
    /// sent to, and sends a reset letter there. If another account has the address, no letter is sent at all.
    ///
    /// # Errors
    ///
    /// Returns [`crate::accounts::AccountsError::BadLink`], or a database error.
    pub async fn take_account_back(&self, client: &Client, token: &LinkToken) -> Result<TakenBack> {
        let mut tx = self.store.begin().await?;
        let (link, locked) = self.take_link(&mut tx, LinkPurpose::NotMe, token).await?;
        let user = &locked.user;
        users::reset_password(&mut tx, user.id, users::NO_PASSWORD, locked.now).await?;
        let (reason, reasons) = (EndReason::NotMe, Reasons::default());
        let date = locked.force_logout_date_now();
        let ended = self.end_logins_until(&mut tx, &locked, date, &user.username, (reason, &reasons)).await?;
        let mut event = new_event(locked.now, EventKind::NotMe)
            .to(user.id, &user.username)
            .from(client)
            .because(reason, &reasons)
            .ending(ended);
        event.actor = event.subject;
        let has_address = restore_email(&mut tx, client, &locked, &link.address).await?;
        if !has_address {
            event = event.saying(Detail::AddressTaken);
        }
        insert_event_with_receipt(&mut tx, &event, Change::User(user.id)).await?;
        // Links in later letters may be in the attacker's mailbox, so they must not take the account again. Earlier ones
        // stay: if this one is the attacker's, one of those is the owner's.
        delete_later_not_me_links(&mut tx, user.id, &link.address, link.issued_at).await?;
        drop_later_letters_elsewhere(&mut tx, user.id, &link.address, (link.issued_at, locked.now)).await?;
        let user = users::find_user(&mut tx, user.id).await?.ok_or(AccountsError::BadLink)?;
        let letter = queue_reset_letter(&mut tx, &locked.with(user), Some(client)).await?;
        tx.commit().await?;
        Ok(TakenBack { ended, address: link.address, letter })
    }
}

/// Restores the account's address, and returns whether the account has it now. It does not if another account had the
/// address before it was reserved (`src/store/users/reserved.rs`). The email then stays what somebody else set, and no
/// letter may go there.
async fn restore_email(on: &mut Transaction, client: &Client, locked: &Locked, address: &str) -> Result<bool> {
    let user = &locked.user;
    users::set_pending_email(on, user.id, None).await?;
    if is_same(address, &user.email) {
        users::set_email_verified(on, user.id, locked.now).await?;
        return Ok(user.email_distrusted_at.is_none());
    }
    let restored = Email::parse(address).ok();
    let owner = users::find_name_owner(on, &login_key(address)).await?;
    let Some(email) = restored.filter(|_| owner.is_none_or(|owner| owner == user.id)) else {
        users::set_email_distrusted(on, user.id, locked.now).await?;
        return Ok(false);
    };
    // If another request took it since, this one fails and the link stays good.
    users::set_email(on, user, &email, locked.now).await?;
    let detail = Detail::Changed { before: &user.email, after: email.as_str() };
    let mut event =
        new_event(locked.now, EventKind::ProfileChanged).to(user.id, &user.username).from(client).saying(detail);
    event.actor = event.subject;
    insert_event(on, &event).await?;
    Ok(true)
}
