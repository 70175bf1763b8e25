//! A site without pages: the use cases on a fresh database, and users with accounts.

use std::{future::Future, sync::Arc};

use curfew::{
    accounts::{
        Accounts, ActivityOf, Actor, ClaimedLogin, Client, Credentials, EveryonesEndedLogins, ForceLogoutMoment,
        ForceLogoutOutcome, Registration, Result, StartedSession, Target, Verified,
    },
    domain::{
        letters::link::{LinkPurpose, LinkToken},
        logins::live::LiveAfter,
        moment::{MICROSECOND, Moment},
        people::{
            email::Email,
            login_name::LoginName,
            password::{NewPassword, OwnNames, Password},
            role::Role,
            username::Username,
        },
        rate::Rate,
        reason::EndReason,
        reason_text::{ReasonText, Reasons},
    },
    settings::{SecretKeys, SecretMaterial, Settings},
    store::{
        Store,
        links::{NewLink, insert_link, insert_link_token},
        standing::{LoginStanding, get_login_standing},
        users::{User, find_user},
    },
};
use rocket::{
    futures::future::join_all,
    tokio::{sync::Barrier, task::JoinSet},
};

use crate::harness::{Database, Engine, engines};

/// Before every login date.
pub const LONG_AGO: LiveAfter = LiveAfter {
    login: Moment::UNIX_EPOCH,
    opened: Moment::UNIX_EPOCH,
    session_opened: Moment::UNIX_EPOCH,
    session_seen: Moment::UNIX_EPOCH,
    expiry: Moment::UNIX_EPOCH,
    family_expiry: Moment::UNIX_EPOCH,
};

/// The initial password of every user.
pub const PASSWORD: &str = "gentle-heron-42-lantern";
/// The password after a change.
pub const NEW_PASSWORD: &str = "violet-anchor-17-meadow";

/// The use cases on a database of their own.
pub struct House {
    pub accounts: Accounts,
    pub store: Store,
    pub keys: SecretKeys,
    _database: Database,
}

/// A user with an account.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: i64,
    pub name: String,
    pub role: Role,
}

/// Runs a test on SQLite and, if a server is configured, on Postgres at the same time.
pub async fn on_each_engine(test: impl AsyncFn(&House)) {
    let runs = engines().into_iter().map(async |engine| {
        let house = House::new(engine).await;
        test(&house).await;
        house.store.close().await;
    });
    join_all(runs).await;
}

/// Runs all futures concurrently and returns their results.
pub async fn run_concurrently<T: Send + 'static>(acts: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let start = Arc::new(Barrier::new(acts.len()));
    let mut tasks = JoinSet::new();
    for act in acts {
        let start = Arc::clone(&start);
        tasks.spawn(async move {
            start.wait().await;
            act.await
        });
    }
    tasks.join_all().await
}

impl House {
    async fn new(engine: Engine) -> Self {
        let database = Database::new(engine).await;
        let store = database.open().await;
        // Some tests log one user in hundreds of times.
        let throttle_login = Rate { count: 10_000, ..Settings::default().throttle_login };
        let settings = Settings { bcrypt_cost: 4, throttle_login, ..Settings::default() };
        let keys = SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() };
        let accounts = Accounts::new(store.clone(), Arc::new(settings)).hashing_with(&keys);
        Self { accounts, store, keys, _database: database }
    }

    /// The use cases on the same database with other settings, as after a restart.
    pub fn accounts_with(&self, change: impl FnOnce(&mut Settings)) -> Accounts {
        let mut settings = self.accounts.settings().clone();
        change(&mut settings);
        Accounts::new(self.store.clone(), Arc::new(settings)).hashing_with(&self.keys)
    }

    /// A user with this role and [`PASSWORD`].
    pub async fn person(&self, name: &str, role: Role) -> Person {
        let made = self.accounts.create_user(&operator(), &registration(name), role).await;
        Person { id: made.expect("an account").id, name: name.to_owned(), role }
    }

    pub async fn member(&self, name: &str) -> Person {
        self.person(name, Role::Member).await
    }

    /// Logs in; must succeed.
    pub async fn log_in(&self, person: &Person) -> StartedSession {
        self.try_log_in(person, PASSWORD).await.expect("a login with the right password")
    }

    pub async fn try_log_in(&self, person: &Person, password: &str) -> Result<StartedSession> {
        self.accounts.log_in(&client(), &credentials(&person.name, password)).await
    }

    /// The standing check's result for a login, as the gate runs it.
    pub async fn verdict(&self, login: &StartedSession) -> std::result::Result<(), EndReason> {
        let mut standing = self.standing(login).await;
        standing.login = standing.login.filter(|stored| login.secret.hash().matches(&stored.secret_hash));
        let claimed = ClaimedLogin { user_id: login.user_id, session: &login.id, login_date: login.login_date };
        self.accounts.check_login(claimed, &standing).1
    }

    pub async fn standing(&self, login: &StartedSession) -> LoginStanding {
        let mut on = self.store.read().await.expect("a connection");
        get_login_standing(&mut on, self.store.clock(), login.user_id, &login.id).await.expect("a standing")
    }

    /// The use cases of another node on the same database.
    pub fn node(&self) -> Accounts {
        self.accounts_with(|_| ())
    }

    /// Records a request of this session at this time, as the gate does; it is not written yet.
    pub fn record_activity(&self, login: &StartedSession, at: Moment) {
        self.accounts.record_activity(self.activity(login, at));
    }

    pub fn activity<'a>(&self, login: &'a StartedSession, at: Moment) -> ActivityOf<'a> {
        let limits = self.accounts.settings().limits(login.role);
        ActivityOf { user_id: login.user_id, session: &login.id, limits, at }
    }

    /// Writes the recorded activity.
    pub async fn flush(&self) {
        self.accounts.flush_activity().await.expect("the activity is written");
    }

    pub async fn user(&self, person: &Person) -> User {
        let mut on = self.store.read().await.expect("a connection");
        find_user(&mut on, person.id).await.expect("an answer").expect("the account exists")
    }

    pub async fn now(&self) -> Moment {
        let mut on = self.store.read().await.expect("a connection");
        self.store.clock().now(&mut on).await.expect("the time")
    }

    /// A force logout by the operator.
    pub async fn force_logout(&self, person: &Person, moment: ForceLogoutMoment) -> ForceLogoutOutcome {
        let done = self.accounts.force_logout(&operator(), &person.target(), moment, &reasons()).await;
        done.expect("a force logout")
    }

    /// Forces a user out now and returns the number of ended sessions.
    pub async fn force_out(&self, person: &Person) -> u64 {
        match self.force_logout(person, ForceLogoutMoment::Now).await {
            ForceLogoutOutcome::Done { ended, .. } => ended.sessions,
            other => panic!("an immediate force logout gave {other:?}"),
        }
    }

    /// A link to this address, as a letter that is sent now holds it.
    pub async fn link(&self, purpose: LinkPurpose, person: &Person, address: &str) -> LinkToken {
        self.link_of(purpose, person, address, self.now().await).await
    }

    /// A link to this address, as a letter holds it that was queued then.
    pub async fn link_of(&self, purpose: LinkPurpose, person: &Person, address: &str, issued_at: Moment) -> LinkToken {
        let user = self.user(person).await;
        let login_date = user.force_logout_date.map_or(issued_at, |date| issued_at.max(date + MICROSECOND));
        let mut tx = self.store.begin().await.expect("a transaction");
        let new = NewLink { purpose, user_id: person.id, address, login_date, issued_at };
        let id = insert_link(&mut tx, &new).await.expect("a link");
        let token = LinkToken::from_random(rand::random());
        insert_link_token(&mut tx, id, &token).await.expect("a token");
        tx.commit().await.expect("a commit");
        token
    }

    /// Changes the email: with the password, and with the link in the letter.
    pub async fn change_email(&self, acting: &Actor, person: &Person, to: &str) {
        let new = email(to);
        self.accounts.change_email(acting, &password(PASSWORD), &new).await.expect("a new email");
        let token = self.link(LinkPurpose::Verify, person, to).await;
        assert_eq!(self.accounts.verify_email(&client(), &token).await.expect("it counts"), Verified::NewEmail);
    }

    /// The user acting from a new session.
    pub async fn acting(&self, person: &Person) -> Actor {
        person.acting_from(&self.log_in(person).await)
    }

    pub async fn everyone_out(&self, moment: ForceLogoutMoment) -> ForceLogoutOutcome<EveryonesEndedLogins> {
        self.accounts.force_everyone_out(&operator(), moment, &reasons()).await.expect("everyone out")
    }
}

impl Person {
    pub const fn target(&self) -> Target {
        Target::Id(self.id)
    }

    /// The user acting from this session.
    pub fn acting_from(&self, login: &StartedSession) -> Actor {
        Actor {
            user_id: Some(self.id),
            name: self.name.clone(),
            role: self.role,
            session: Some(login.id.clone()),
            session_secret: Some(login.secret.hash()),
            client: Some(client()),
            bulk: None,
        }
    }
}

pub fn operator() -> Actor {
    Actor::operator("root")
}

pub fn client() -> Client {
    Client::new("192.0.2.7".to_owned(), "a browser of the tests")
}

pub fn password(text: &str) -> Password {
    Password::parse(text.to_owned()).expect("a password")
}

pub fn new_password(text: &str) -> NewPassword {
    let names = OwnNames { username: "", email: "", site_name: "" };
    NewPassword::parse(text.to_owned(), names, 8).expect("an acceptable password")
}

pub fn credentials(name: &str, text: &str) -> Credentials {
    let name = LoginName::parse(name).expect("a name");
    Credentials { name, password: password(text), remember: false }
}

/// A registration with this username and a matching email.
pub fn registration(name: &str) -> Registration {
    registration_with(name, &format!("{name}@example.org"))
}

pub fn registration_with(name: &str, email: &str) -> Registration {
    Registration { username: username(name), email: self::email(email), password: new_password(PASSWORD) }
}

pub fn username(text: &str) -> Username {
    Username::parse(text).expect("a username")
}

pub fn email(text: &str) -> Email {
    Email::parse(text).expect("an email")
}

pub fn reasons() -> Reasons {
    let text = |text| ReasonText::parse(text).expect("a reason");
    Reasons { for_staff: text("seen twice at once"), for_user: text("please log in again") }
}
