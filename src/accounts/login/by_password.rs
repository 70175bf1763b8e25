//! Logs in a user or program by password, for every kind of login.

use super::{hashing::Verdict, open_login::LoginDates, throttle::Guesser};
use crate::{
    accounts::{
        Accounts, AccountsError, Client, Detail, LoginCounts, Result,
        event::{BuildEvent as _, new_event},
        locked::{Locked, ReadAccount},
        outbox::queue_new_login_letter,
    },
    domain::{
        event_kind::EventKind,
        logins::{kind::LoginClass, public_id::PublicId},
        people::{login_name::LoginName, password::Password, role::Role},
        reason::EndReason,
        reason_text::Reasons,
    },
    settings::EmailVerification,
    store::{
        Transaction,
        events::{NewEvent, insert_event},
        users::{self, User},
    },
};

/// The maximum number of comparisons when the stored hash changes each time. After the last, the login is refused.
const MAX_COMPARISONS: usize = 3;

/// The kind of login that a password opens. Everything else about logging in is the same for all kinds.
pub(super) trait PasswordLogin: Send + Sync {
    /// The limit that the new login counts against.
    const CLASS: LoginClass;
    /// The opened login.
    type Opened: Send;

    /// Opens the login with these dates.
    fn open(
        &self,
        accounts: &Accounts,
        on: &mut Transaction,
        locked: &Locked,
        client: &Client,
        dates: LoginDates,
    ) -> impl Future<Output = Result<Self::Opened>> + Send;

    /// Whether the account has been used with this browser or program before the opened login, and since its password
    /// was last reset.
    fn is_known(
        &self,
        on: &mut Transaction,
        user: &User,
        client: &Client,
        opened: &PublicId,
    ) -> impl Future<Output = Result<bool>> + Send;

    /// The id of the opened login.
    fn id(opened: &Self::Opened) -> &PublicId;

    /// The detail of the event. `None` for a browser's session.
    fn event_detail(&self) -> Option<Detail<'_>>;
}

impl Accounts {
    /// Logs in a user or program by password.
    ///
    /// An unknown name and a wrong password get the same answer after the same time, whether or not the account is
    /// active and has room. Only someone who knows the password learns that the account is deactivated or full.
    pub(super) async fn log_in_by_password<T: PasswordLogin>(
        &self,
        client: &Client,
        (name, password): (&LoginName, &Password),
        login_type: &T,
    ) -> Result<T::Opened> {
        // If the password changes during the comparison, it is compared again.
        for _ in 0..MAX_COMPARISONS {
            if let Some(opened) = self.try_log_in_by_password(client, (name, password), login_type).await? {
                return Ok(opened);
            }
        }
        let found = users::find_user_by_name(&mut self.store.read().await?, name).await?;
        self.refuse_credentials(client, found.as_ref(), None).await
    }

    /// Compares the password once. `None` if the account's hash changed in the meantime.
    async fn try_log_in_by_password<T: PasswordLogin>(
        &self,
        client: &Client,
        (name, password): (&LoginName, &Password),
        login_type: &T,
    ) -> Result<Option<T::Opened>> {
        let found = users::find_user_by_name(&mut self.store.read().await?, name).await?;
        let guesser = guesser(client, name, found.as_ref());
        let claimant = guesser.claimant(found.as_ref().map_or(Role::Member, User::role));
        let hasher = self.hasher.of_client(claimant, Some(client));
        let attempt = match self.begin_guess(Some(client), guesser).await? {
            Ok(attempt) => attempt,
            Err(throttled) => {
                if throttled.shows_attack && self.record_attack(client, found.as_ref()).await? {
                    return Err(throttled.into());
                }
                return self
                    .refuse_throttled(throttled, |event| with_account(event.from(client), found.as_ref()))
                    .await;
            }
        };
        if attempt.shows_attack() {
            self.record_attack(client, found.as_ref()).await?;
        }
        let is_compared = attempt.is_compared();
        let hash = found.as_ref().filter(|_| is_compared).map(|user| user.password_hash.as_str());
        let verdict = hasher.verify(password, hash).await?;
        match found {
            Some(user) if verdict != Verdict::Wrong => {
                attempt.succeeded();
                let new_hash = match verdict {
                    Verdict::RightButOutdated => Some(hasher.hash(password).await?),
                    _ => None,
                };
                self.open_for(client, &user, new_hash.as_deref(), login_type).await
            }
            found => {
                attempt.failed();
                let detail = (!is_compared).then_some(Detail::NotCompared);
                self.refuse_credentials(client, found.as_ref(), detail).await
            }
        }
    }

    async fn open_for<T: PasswordLogin>(
        &self,
        client: &Client,
        verified: &User,
        new_hash: Option<&str>,
        login_type: &T,
    ) -> Result<Option<T::Opened>> {
        let mut tx = self.store.begin().await?;
        let Some(locked) = self.lock_account(&mut tx, verified.id).await? else {
            drop(tx);
            return self.refuse_credentials(client, None, None).await;
        };
        let user = &locked.user;
        if user.password_hash != verified.password_hash {
            return Ok(None);
        }
        let ended = match self.admit::<T>(&mut tx, &locked).await {
            Ok(ended) => ended,
            Err(refusal) => {
                // A database error is not a refusal, so it has no event.
                let Some(detail) = refusal_detail(&refusal) else { return Err(refusal) };
                let event = new_event(locked.now, EventKind::LoginFailed)
                    .to(user.id, &user.username)
                    .from(client)
                    .saying(detail);
                insert_event(&mut tx, &event).await?;
                tx.commit().await?;
                return Err(refusal);
            }
        };
        if let Some(hash) = new_hash {
            users::set_password_hash(&mut tx, user.id, hash).await?;
        }
        let dates = LoginDates::of(locked.now, Some(user), locked.site);
        let opened = login_type.open(self, &mut tx, &locked, client, dates).await?;
        let mut event = new_event(dates.opened_at, EventKind::Login).to(user.id, &user.username).from(client);
        event.actor = event.subject;
        event.session = Some(T::id(&opened));
        if let Some(detail) = login_type.event_detail() {
            event = event.saying(detail);
        }
        if ended.is_any() {
            event = event.because(EndReason::LoggedInElsewhere, &Reasons::default()).ending(ended);
        }
        insert_event(&mut tx, &event).await?;
        // The first login of an account sends no letter: its owner has just registered, or has just received the account.
        if user.last_login.is_some() && !login_type.is_known(&mut tx, user, client, T::id(&opened)).await? {
            queue_new_login_letter(&mut tx, &locked, client).await?;
        }
        tx.commit().await?;
        Ok(Some(opened))
    }

    /// Checks that a locked account may log in now. Returns how many of its logins ended to make room.
    async fn admit<T: PasswordLogin>(&self, on: &mut Transaction, locked: &Locked) -> Result<LoginCounts> {
        must_be_active(locked)?;
        if locked.user.email_verified_at.is_none() && self.settings.email_verification == EmailVerification::Required {
            return Err(AccountsError::Unverified);
        }
        self.make_room(on, locked, T::CLASS).await
    }

    /// Refuses an unknown name, or a password that is wrong or was changed during the comparison.
    async fn refuse_credentials<T>(
        &self,
        client: &Client,
        found: Option<&User>,
        detail: Option<Detail<'_>>,
    ) -> Result<T> {
        self.record_refusal(EventKind::LoginFailed, |event| {
            let event = with_account(event.from(client), found);
            // Then no password is accepted.
            let unreadable = found.and_then(|user| self.hasher.why_unreadable(&user.password_hash));
            unreadable.into_iter().chain(detail).fold(event, |event, detail| event.saying(detail))
        })
        .await?;
        Err(AccountsError::BadCredentials)
    }
}

/// Refuses a deactivated account.
pub(in crate::accounts) fn must_be_active(locked: &Locked) -> Result<()> {
    let ReadAccount { user, now, .. } = &**locked;
    if user.is_active_at(*now) {
        return Ok(());
    }
    let (user_reason, until) = (user.deactivated_user_reason.clone(), user.deactivated_until);
    Err(AccountsError::Inactive { user_reason, until })
}

/// Who tries the password of the account that was found by this name.
fn guesser<'a>(client: &'a Client, name: &'a LoginName, found: Option<&User>) -> Guesser<'a> {
    if let Some(user) = found
        && let Some(browser) = client.known_browser(user.id, user.password_version)
    {
        return Guesser::KnownBrowser { account: user.id, browser };
    }
    Guesser::Stranger { name: name.key(), account: found.map(|user| user.id), address: &client.address }
}

/// Adds the account whose login was refused.
fn with_account<'a>(event: NewEvent<'a>, found: Option<&'a User>) -> NewEvent<'a> {
    match found {
        Some(user) => event.to(user.id, &user.username),
        // Without the name, because users sometimes type their password into the wrong field.
        None => event.saying(Detail::NoSuchName),
    }
}

/// The detail of the event of a login that was refused although the password was right.
fn refusal_detail(refusal: &AccountsError) -> Option<Detail<'static>> {
    match *refusal {
        AccountsError::Inactive { .. } => Some(Detail::Inactive),
        AccountsError::Unverified => Some(Detail::Unverified),
        AccountsError::SessionsFull { live, limit } => Some(Detail::SessionsFull { live, limit }),
        AccountsError::TokensFull { live, limit } => Some(Detail::TokensFull { live, limit }),
        _ => None,
    }
}
