//! Letting somebody in who knows the password, whatever is opened for them.

use super::{
    hashing::{Verdict, unknown_format},
    open_login::LoginDates,
    throttle::Purpose,
};
use crate::{
    accounts::{
        Accounts, AccountsError, Client, LoginCounts, Result,
        ending::due::Locked,
        event::{BuildEvent as _, new_event},
    },
    domain::{
        logins::{kind::LoginClass, session_secret::SessionId},
        people::{login_name::LoginName, password::Password},
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{
        Transaction,
        events::{EventKind, NewEvent, insert_event},
        users::{self, User},
    },
};

/// How often a password is compared before its account counts as one that nobody can log in to.
const COMPARISONS: usize = 3;

/// What a login opens: all of them are let in by one function, and differ only in this.
pub(super) trait Opens: Send + Sync {
    /// What room it needs.
    const CLASS: LoginClass;
    /// What was opened.
    type Opened: Send;

    /// Opens it, with that date.
    fn open(
        &self,
        accounts: &Accounts,
        on: &mut Transaction,
        locked: &Locked,
        client: &Client,
        dates: LoginDates,
    ) -> impl Future<Output = Result<Self::Opened>> + Send;

    /// Its public name.
    fn id(opened: &Self::Opened) -> &SessionId;

    /// What the event calls it, where it is no browser.
    fn called(&self) -> Option<String>;
}

impl Accounts {
    /// Lets somebody in who knows the password.
    ///
    /// An unknown name and a wrong password get the same answer after the same work, whether or not
    /// the account is active or has room; that it is not or has none, is said only to who knows the
    /// password.
    pub(super) async fn let_in<O: Opens>(
        &self,
        client: &Client,
        (name, password): (&LoginName, &Password),
        opens: &O,
    ) -> Result<O::Opened> {
        // The password may be changed while it is being compared; then it is compared again.
        for _ in 0..COMPARISONS {
            if let Some(opened) = self.try_let_in(client, (name, password), opens).await? {
                return Ok(opened);
            }
        }
        let found = users::find_user_by_name(&mut self.store.read().await?, name).await?;
        self.refuse_credentials(client, found.as_ref()).await
    }

    /// One comparison; nothing when the account's hash became another one meanwhile.
    async fn try_let_in<O: Opens>(
        &self,
        client: &Client,
        (name, password): (&LoginName, &Password),
        opens: &O,
    ) -> Result<Option<O::Opened>> {
        let found = users::find_user_by_name(&mut self.store.read().await?, name).await?;
        // Username and email share one counter; an unknown name counts by itself, to no difference.
        let account = found.as_ref().map_or_else(|| format!("name {}", name.key()), |user| user.id.to_string());
        let attempt = match self
            .throttle
            .begin(Purpose::Password, self.settings.throttle_login, &account, &client.address)
            .await?
        {
            Ok(attempt) => attempt,
            Err(shut) => {
                return self.refuse_throttled(shut, |event| of_somebody(event.from(client), found.as_ref())).await;
            }
        };
        let hash = found.as_ref().map(|user| user.password_hash.as_str());
        let verdict = self.hasher.verify(password, hash).await?;
        match found {
            Some(user) if verdict != Verdict::Wrong => {
                drop(attempt);
                let new_hash = match verdict {
                    Verdict::RightButOutdated => Some(self.hasher.hash(password).await?),
                    _ => None,
                };
                self.open_for(client, &user, new_hash.as_deref(), opens).await
            }
            found => {
                attempt.failed();
                self.refuse_credentials(client, found.as_ref()).await
            }
        }
    }

    async fn open_for<O: Opens>(
        &self,
        client: &Client,
        verified: &User,
        new_hash: Option<&str>,
        opens: &O,
    ) -> Result<Option<O::Opened>> {
        let mut tx = self.store.begin().await?;
        let Some(locked) = self.lock(&mut tx, verified.id).await? else {
            drop(tx);
            return self.refuse_credentials(client, None).await;
        };
        let user = &locked.user;
        if user.password_hash != verified.password_hash {
            return Ok(None);
        }
        let ended = match self.admit::<O>(&mut tx, &locked).await {
            Ok(ended) => ended,
            Err(refusal) => {
                // What only failed is no refusal, and there is nothing to tell.
                let Some(why) = why_refused(&refusal) else { return Err(refusal) };
                let event =
                    new_event(locked.now, EventKind::LoginFailed).to(user.id, &user.username).from(client).saying(why);
                insert_event(&mut tx, &event).await?;
                tx.commit().await?;
                return Err(refusal);
            }
        };
        if let Some(hash) = new_hash {
            users::set_password_hash(&mut tx, user.id, hash).await?;
        }
        let dates = LoginDates::of(locked.now, Some(user), locked.site);
        let opened = opens.open(self, &mut tx, &locked, client, dates).await?;
        let mut event = new_event(dates.opened_at, EventKind::Login).to(user.id, &user.username).from(client);
        event.actor = event.subject;
        event.session = Some(O::id(&opened));
        if let Some(called) = opens.called() {
            event = event.saying(called);
        }
        if ended.is_any() {
            event = event.because(EndReason::LoggedInElsewhere, &Reasons::default()).ending(ended);
        }
        insert_event(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(Some(opened))
    }

    /// Whether a locked account may log in now; how many of its logins ended to make room.
    async fn admit<O: Opens>(&self, on: &mut Transaction, locked: &Locked) -> Result<LoginCounts> {
        must_be_active(locked)?;
        self.make_room(on, locked, O::CLASS).await
    }

    /// Nobody's name, not their password, or no longer either.
    async fn refuse_credentials<T>(&self, client: &Client, found: Option<&User>) -> Result<T> {
        self.record_refusal(EventKind::LoginFailed, |event| of_format(of_somebody(event.from(client), found), found))
            .await?;
        Err(AccountsError::BadCredentials)
    }
}

/// Refuses an account that is deactivated.
pub(in crate::accounts) fn must_be_active(locked: &Locked) -> Result<()> {
    let Locked { user, now, .. } = locked;
    if user.is_active_at(*now) {
        return Ok(());
    }
    let (user_reason, until) = (user.deactivated_user_reason.clone(), user.deactivated_until);
    Err(AccountsError::Inactive { user_reason, until })
}

/// Adds whose login it would have been.
fn of_somebody<'a>(event: NewEvent<'a>, found: Option<&'a User>) -> NewEvent<'a> {
    match found {
        Some(user) => event.to(user.id, &user.username),
        // What was typed there may be a password in the wrong field.
        None => event.saying("no such name"),
    }
}

/// Adds that no password can be right, where the stored hash is in a format that is not ours.
fn of_format<'a>(event: NewEvent<'a>, found: Option<&User>) -> NewEvent<'a> {
    match found.and_then(|user| unknown_format(&user.password_hash)) {
        Some(format) => event.saying(format!("the stored password hash has the unknown format {format}")),
        None => event,
    }
}

/// What the event says of a login that was refused in spite of its right password.
fn why_refused(refusal: &AccountsError) -> Option<String> {
    match refusal {
        AccountsError::Inactive { .. } => Some("the account is deactivated".to_owned()),
        AccountsError::SessionsFull { live, limit } => {
            Some(format!("the account is full; live sessions: {live}, allowed: {limit}"))
        }
        AccountsError::TokensFull { live, limit } => {
            Some(format!("the account is full; live tokens: {live}, allowed: {limit}"))
        }
        _ => None,
    }
}
