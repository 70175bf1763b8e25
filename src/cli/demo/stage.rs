//! Plays the history through the use cases, with their clock set back to the time of each step.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DurationRound as _, TimeDelta, Utc};
use data_encoding::BASE32_NOPAD;

use super::{
    history::{Act, StaffAct, Step, Why},
    people::{self, PEOPLE, SUPERUSER},
};
use crate::{
    accounts::{
        Accounts, AccountsError, ActivityOf, Actor, Client, Credentials, ForceLogoutMoment, Registration,
        StartedSession, Target,
    },
    cli::Result,
    domain::{
        logins::{kind::LoginClass, token::TokenLabel},
        moment::Moment,
        people::{
            email::Email,
            login_name::LoginName,
            password::{MIN_LENGTHS, NewPassword, OwnNames, Password},
            role::Role,
            username::Username,
        },
        reason_text::{ReasonText, Reasons},
    },
    settings::{SecretKeys, Settings},
    store::{Store, letters::delete_letters_of, users::set_email_verified},
};

/// The length of a generated password, in random bytes.
const PASSWORD_BYTES: usize = 10;
/// Staff log in again before they act if their last login is older.
const MAX_STAFF_LOGIN_AGE: TimeDelta = TimeDelta::minutes(45);
/// The time between a staff member's login and their action.
const PAUSE_AFTER_LOGIN: TimeDelta = TimeDelta::seconds(95);
/// Logins are tidied only on the last day, whose events the overview shows, and this often. Each time delays the start.
const TIDY_INTERVAL: TimeDelta = TimeDelta::hours(4);
const TOKEN_LIFETIME: Duration = Duration::from_hours(30 * 24);
/// The IP address and the `User-Agent` of the logins with guessed passwords.
const GUESSER: (&str, &str) = ("192.0.2.254", "python-requests/2.32.3");

/// The demo's use cases and the state of its users.
#[derive(Debug)]
pub(super) struct Stage {
    accounts: Accounts,
    now: Moment,
    behind: TimeDelta,
    /// How far the clock was behind when logins were last tidied.
    tidied_behind: TimeDelta,
    players: HashMap<&'static str, Player>,
}

/// A user, with their password and latest session.
#[derive(Debug)]
struct Player {
    number: usize,
    id: i64,
    role: Role,
    password: Password,
    session: Option<(StartedSession, Client)>,
}

impl Stage {
    pub(super) fn new(store: Store, settings: Settings, keys: &SecretKeys) -> Self {
        let accounts = Accounts::new(store, Arc::new(settings)).hashing_with(keys);
        Self {
            accounts,
            now: Utc::now(),
            behind: TimeDelta::zero(),
            tidied_behind: TimeDelta::MAX,
            players: HashMap::new(),
        }
    }

    /// The user's current password.
    pub(super) fn password(&self, who: &str) -> Option<&str> {
        self.players.get(who).map(|player| player.password.reveal())
    }

    /// Plays all steps in order, each at its time. Returns false if `must_stop` stopped it early.
    pub(super) async fn play(&mut self, steps: &[Step], mut must_stop: impl FnMut() -> bool) -> Result<bool> {
        for (number, step) in steps.iter().enumerate() {
            if must_stop() {
                return Ok(false);
            }
            // Varies the seconds, so that not every time is on the full minute.
            let seconds = i64::try_from(number * 17 % 60).unwrap_or_default();
            self.set_clock_back(TimeDelta::minutes(step.minutes_ago) - TimeDelta::seconds(seconds));
            self.perform(step.who, step.act).await?;
            // A running server does both regularly.
            if self.behind <= TimeDelta::days(1) && self.tidied_behind - self.behind >= TIDY_INTERVAL {
                self.accounts.tidy_logins().await?;
                self.tidied_behind = self.behind;
            }
            self.accounts.sample_live_sessions().await?;
        }
        self.set_clock_back(TimeDelta::zero());
        self.delete_letters().await?;
        Ok(true)
    }

    /// The letters of the history would all be sent now.
    async fn delete_letters(&self) -> Result<()> {
        let mut tx = self.accounts.store().begin().await?;
        for player in self.players.values() {
            delete_letters_of(&mut tx, player.id).await?;
        }
        Ok(tx.commit().await?)
    }

    fn set_clock_back(&mut self, behind: TimeDelta) {
        self.accounts.store().clock().shift(self.behind - behind);
        self.behind = behind;
    }

    async fn perform(&mut self, who: &'static str, act: Act) -> Result<()> {
        match act {
            Act::Join => self.join(who).await,
            Act::LogIn(device) => self.log_in(who, device).await,
            Act::Visit => {
                let (player, session) = self.session(who)?;
                self.accounts.record_activity(ActivityOf {
                    user_id: player.id,
                    session: &session.id,
                    limits: self.accounts.settings().limits(player.role),
                    at: self.accounts.store().clock().process_now(),
                });
                Ok(self.accounts.flush_activity().await?)
            }
            Act::LogOut => Ok(self.accounts.log_out(&self.actor(who)?).await?),
            Act::ReturnLate(reason) => {
                let (player, session) = self.session(who)?;
                Ok(self
                    .accounts
                    .record_limit_reached((player.id, who), (LoginClass::Sessions, &session.id), reason)
                    .await?)
            }
            Act::ChangePassword => self.change_password(who).await,
            Act::CreateToken(label) => {
                self.ensure_recent_login(who).await?;
                let actor = self.actor(who)?;
                let (own, label) = (Target::Id(self.session(who)?.0.id), TokenLabel::parse(label)?);
                self.accounts.create_token(&actor, &own, &label, TOKEN_LIFETIME).await?;
                Ok(())
            }
            Act::PasswordGuesses(count) => self.guess_passwords(who, count).await,
            Act::To(whom, act) => {
                self.ensure_recent_login(who).await?;
                self.act_on(who, whom, act).await
            }
            Act::EveryoneOut(why) => {
                self.ensure_recent_login(who).await?;
                let (actor, reasons) = (self.actor(who)?, reasons(why)?);
                self.accounts.force_everyone_out(&actor, ForceLogoutMoment::Now, &reasons).await?;
                Ok(())
            }
        }
    }

    async fn join(&mut self, who: &'static str) -> Result<()> {
        let Some((number, person)) = PEOPLE.iter().enumerate().find(|(_, person)| person.username == who) else {
            return Err(AccountsError::NoSuchUser.into());
        };
        let (username, email) = (Username::parse(person.username)?, Email::parse(person.email)?);
        let password = new_password(person.username, person.email)?;
        let known = password.as_password().clone();
        let client = client(number, 0);
        let registration = Registration { username, email, password };
        let (started, role) = if who == SUPERUSER {
            let code = self.accounts.renew_setup_code().await?.unwrap_or_default();
            (self.accounts.set_up(&client, &code, &registration).await?, Role::Superuser)
        } else {
            let started = self.accounts.register(&client, &registration).await?;
            let started = started.ok_or(AccountsError::Unverified)?;
            let mut tx = self.accounts.store().begin().await?;
            set_email_verified(&mut tx, started.user_id, started.login_date).await?;
            tx.commit().await?;
            (started, Role::Member)
        };
        let player = Player { number, id: started.user_id, role, password: known, session: Some((started, client)) };
        self.players.insert(who, player);
        Ok(())
    }

    async fn log_in(&mut self, who: &str, device: usize) -> Result<()> {
        let player = self.players.get_mut(who).ok_or(AccountsError::NoSuchUser)?;
        let client = client(player.number, device);
        let credentials =
            Credentials { name: LoginName::parse(who)?, password: player.password.clone(), remember: device != 1 };
        player.session = Some((self.accounts.log_in(&client, &credentials).await?, client));
        Ok(())
    }

    /// Logs a staff member in again if their login is not recent. The site requires that before staff actions.
    async fn ensure_recent_login(&mut self, who: &str) -> Result<()> {
        let (_, session) = self.session(who)?;
        if self.accounts.store().clock().process_now() - session.login_date > MAX_STAFF_LOGIN_AGE {
            self.log_in(who, 0).await?;
            self.set_clock_back(self.behind - PAUSE_AFTER_LOGIN);
        }
        Ok(())
    }

    async fn change_password(&mut self, who: &'static str) -> Result<()> {
        let actor = self.actor(who)?;
        let player = self.players.get_mut(who).ok_or(AccountsError::NoSuchUser)?;
        let new = new_password(who, "")?;
        let (started, _) = self.accounts.change_password(&actor, &player.password, &new, true).await?;
        player.password = new.as_password().clone();
        player.session = player.session.take().map(|(_, client)| (started, client));
        Ok(())
    }

    async fn guess_passwords(&self, who: &str, count: usize) -> Result<()> {
        let client = Client::new(GUESSER.0.to_owned(), GUESSER.1);
        for number in 0..count {
            let password = Password::parse(format!("{who}{number}"))?;
            let credentials = Credentials { name: LoginName::parse(who)?, password, remember: false };
            match self.accounts.log_in(&client, &credentials).await {
                Ok(_) | Err(AccountsError::BadCredentials | AccountsError::TooManyAttempts { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn act_on(&mut self, who: &str, whom: &str, act: StaffAct) -> Result<()> {
        let actor = self.actor(who)?;
        let target = Target::Id(self.players.get(whom).ok_or(AccountsError::NoSuchUser)?.id);
        let accounts = &self.accounts;
        match act {
            StaffAct::GiveRole(role) => {
                accounts.set_role(&actor, &target, role).await?;
                if let Some(player) = self.players.get_mut(whom) {
                    player.role = role;
                }
            }
            StaffAct::ForceLogout(why) => {
                accounts.force_logout(&actor, &target, ForceLogoutMoment::Now, &reasons(why)?).await?;
            }
            StaffAct::Schedule(minutes, why) => {
                let at = round_to_quarter_hour(self.now + TimeDelta::minutes(minutes));
                accounts.force_logout(&actor, &target, ForceLogoutMoment::At(at), &reasons(why)?).await?;
            }
            StaffAct::Deactivate(why) => {
                accounts.deactivate(&actor, &target, None, &reasons(why)?).await?;
            }
            StaffAct::DeactivateFor(hours, why) => {
                let until = round_to_quarter_hour(self.now + TimeDelta::hours(hours));
                accounts.deactivate(&actor, &target, Some(until), &reasons(why)?).await?;
            }
            StaffAct::Activate => {
                accounts.activate(&actor, &target, &Reasons::default()).await?;
            }
            StaffAct::Delete(why) => {
                accounts.delete_user(&actor, &target, &reasons(why)?).await?;
            }
        }
        Ok(())
    }

    fn session(&self, who: &str) -> Result<(&Player, &StartedSession)> {
        let player = self.players.get(who).ok_or(AccountsError::NoSuchUser)?;
        let (session, _) = player.session.as_ref().ok_or(AccountsError::NoSuchUser)?;
        Ok((player, session))
    }

    fn actor(&self, who: &str) -> Result<Actor> {
        let (player, session) = self.session(who)?;
        Ok(Actor {
            user_id: Some(player.id),
            name: who.to_owned(),
            role: player.role,
            session: Some(session.id.clone()),
            session_secret: Some(session.secret.hash()),
            client: player.session.as_ref().map(|(_, client)| client.clone()),
            bulk: None,
        })
    }
}

/// Rounds down to a quarter of an hour, because people choose such times.
fn round_to_quarter_hour(moment: Moment) -> Moment {
    moment.duration_trunc(TimeDelta::minutes(15)).unwrap_or(moment)
}

fn client(person: usize, device: usize) -> Client {
    Client::new(people::address(person, device), people::user_agent(person, device))
}

fn reasons((for_staff, for_user): Why) -> Result<Reasons> {
    Ok(Reasons { for_staff: ReasonText::parse(for_staff)?, for_user: ReasonText::parse(for_user)? })
}

/// A random password, in groups that are easy to read from a terminal.
fn new_password(username: &str, email: &str) -> Result<NewPassword> {
    let letters = BASE32_NOPAD.encode(&rand::random::<[u8; PASSWORD_BYTES]>()).to_lowercase();
    let groups: Vec<&str> = [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|range| letters.get(range)).collect();
    Ok(NewPassword::parse(groups.join("-"), OwnNames { username, email, site_name: "" }, *MIN_LENGTHS.start())?)
}
