//! Letting the history happen: through the use cases, with their clock put back.

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
            password::{NewPassword, OwnNames, Password},
            role::Role,
            username::Username,
        },
        reason_text::{ReasonText, Reasons},
    },
    settings::Settings,
    store::Store,
};

/// The bytes of a password that is made here.
const PASSWORD_BYTES: usize = 10;
/// Staff whose last login is older log in anew before they act.
const STAFF_LOGIN: TimeDelta = TimeDelta::minutes(45);
/// Between a login of staff and their act.
const PAUSE: TimeDelta = TimeDelta::seconds(95);
/// How long the tokens last that people make.
const LIFETIME_OF_TOKENS: Duration = Duration::from_hours(30 * 24);
/// Who guesses passwords.
const GUESSER: (&str, &str) = ("192.0.2.254", "python-requests/2.32.3");

/// Where the history happens.
#[derive(Debug)]
pub(super) struct Stage {
    accounts: Accounts,
    now: Moment,
    behind: TimeDelta,
    players: HashMap<&'static str, Player>,
}

/// A person with what only they know.
#[derive(Debug)]
struct Player {
    number: usize,
    id: i64,
    role: Role,
    password: Password,
    session: Option<(StartedSession, Client)>,
}

impl Stage {
    pub(super) fn new(store: Store, settings: Settings) -> Self {
        let accounts = Accounts::new(store, Arc::new(settings));
        Self { accounts, now: Utc::now(), behind: TimeDelta::zero(), players: HashMap::new() }
    }

    /// The password of that person.
    pub(super) fn password(&self, who: &str) -> Option<&str> {
        self.players.get(who).map(|player| player.password.reveal())
    }

    /// Lets it all happen, in this order, each at its time. Whether it came to its end, or had to stop before.
    pub(super) async fn play(&mut self, steps: &[Step], mut must_stop: impl FnMut() -> bool) -> Result<bool> {
        for (number, step) in steps.iter().enumerate() {
            if must_stop() {
                return Ok(false);
            }
            // Not every moment on the full minute.
            let seconds = i64::try_from(number * 17 % 60).unwrap_or_default();
            self.put_back(TimeDelta::minutes(step.minutes_ago) - TimeDelta::seconds(seconds));
            self.perform(step.who, step.act).await?;
            // As the upkeep of a site does that serves all the time.
            self.accounts.sample_live_sessions().await?;
        }
        self.put_back(TimeDelta::zero());
        Ok(true)
    }

    fn put_back(&mut self, behind: TimeDelta) {
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
            Act::ComeBackLate(reason) => {
                let (player, session) = self.session(who)?;
                Ok(self
                    .accounts
                    .record_limit_reached((player.id, who), (LoginClass::Sessions, &session.id), reason)
                    .await?)
            }
            Act::ChangePassword => self.change_password(who).await,
            Act::MakeToken(label) => {
                self.be_at_work(who).await?;
                let actor = self.actor(who)?;
                let (own, label) = (Target::Id(self.session(who)?.0.id), TokenLabel::parse(label)?);
                self.accounts.create_token(&actor, &own, &label, LIFETIME_OF_TOKENS).await?;
                Ok(())
            }
            Act::BeGuessedAt(times) => self.be_guessed_at(who, times).await,
            Act::To(whom, act) => {
                self.be_at_work(who).await?;
                self.act_on(who, whom, act).await
            }
            Act::EveryoneOut(why) => {
                self.be_at_work(who).await?;
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
            (self.accounts.register(&client, &registration).await?, Role::Member)
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

    /// Staff log in before they act, as the site makes them.
    async fn be_at_work(&mut self, who: &str) -> Result<()> {
        let (_, session) = self.session(who)?;
        if self.accounts.store().clock().process_now() - session.login_date > STAFF_LOGIN {
            self.log_in(who, 0).await?;
            self.put_back(self.behind - PAUSE);
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

    async fn be_guessed_at(&self, who: &str, times: usize) -> Result<()> {
        let client = Client::new(GUESSER.0.to_owned(), GUESSER.1);
        for number in 0..times {
            let password = Password::parse(format!("{who}{number}"))?;
            let credentials = Credentials { name: LoginName::parse(who)?, password, remember: false };
            match self.accounts.log_in(&client, &credentials).await {
                Ok(_) | Err(AccountsError::BadCredentials | AccountsError::TooManyTries { .. }) => {}
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
                let at = on_the_quarter(self.now + TimeDelta::minutes(minutes));
                accounts.force_logout(&actor, &target, ForceLogoutMoment::At(at), &reasons(why)?).await?;
            }
            StaffAct::Deactivate(why) => {
                accounts.deactivate(&actor, &target, None, &reasons(why)?).await?;
            }
            StaffAct::DeactivateFor(hours, why) => {
                let until = on_the_quarter(self.now + TimeDelta::hours(hours));
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
            client: player.session.as_ref().map(|(_, client)| client.clone()),
        })
    }
}

/// The last full quarter of an hour: people choose such moments.
fn on_the_quarter(moment: Moment) -> Moment {
    moment.duration_trunc(TimeDelta::minutes(15)).unwrap_or(moment)
}

fn client(person: usize, device: usize) -> Client {
    Client::new(people::address(person, device), people::user_agent(person, device))
}

fn reasons((for_staff, for_user): Why) -> Result<Reasons> {
    Ok(Reasons { for_staff: ReasonText::parse(for_staff)?, for_user: ReasonText::parse(for_user)? })
}

/// A new random password, in groups that can be read off a terminal.
fn new_password(username: &str, email: &str) -> Result<NewPassword> {
    let letters = BASE32_NOPAD.encode(&rand::random::<[u8; PASSWORD_BYTES]>()).to_lowercase();
    let groups: Vec<&str> = [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|range| letters.get(range)).collect();
    Ok(NewPassword::parse(groups.join("-"), OwnNames { username, email, site_name: "" })?)
}
