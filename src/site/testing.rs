//! Logged-in users for the tests of a host. Behind the feature `testing`.
//!
//! ```no_run
//! # use rocket::{Build, Rocket, local::asynchronous::Client};
//! # fn rocket() -> Rocket<Build> { rocket::build().attach(curfew::Curfew::init()) }
//! # async fn test() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::tracked(rocket()).await?;
//! let ana = curfew::testing::log_in(&client, "ana", curfew::Role::Member).await?;
//! let page = client.get("/garden").cookie(ana.cookie()).dispatch().await;
//! # Ok(())
//! # }
//! ```

use rocket::{http::Cookie, local::asynchronous::Client};

use crate::{
    accounts::{Accounts, AccountsError, Actor, Client as From, Credentials, Registration},
    domain::people::{
        email::Email,
        login_name::LoginName,
        password::{NewPassword, OwnNames, Password},
        role::Role,
        username::Username,
    },
    gate::{csrf_token_of, session_cookie_of},
};

/// The password of every user that a test creates.
pub const PASSWORD: &str = "tangerine lamp over water";

/// Why a test has no user.
#[derive(Debug, thiserror::Error)]
pub enum TestingError {
    /// The program has attached no Curfew.
    #[error("the program attaches no Curfew: add `.attach(Curfew::init())`")]
    NoCurfew,
    /// The username cannot be used.
    #[error("{0:?} is no username: {1}")]
    Username(String, String),
    /// Curfew refused to create the account or the login.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
}

/// A user with a live login.
#[derive(Debug, Clone)]
pub struct TestUser {
    /// The user's id: `curfew_users.id`.
    pub id: i64,
    /// The username.
    pub username: String,
    cookie: Cookie<'static>,
    csrf_token: String,
}

impl TestUser {
    /// The session cookie. A request with it is the user's.
    #[must_use]
    pub fn cookie(&self) -> Cookie<'static> {
        self.cookie.clone()
    }

    /// A value for the field `csrf_token` of the user's forms.
    #[must_use]
    pub fn csrf_token(&self) -> &str {
        &self.csrf_token
    }
}

/// Creates an account and logs it in.
///
/// # Errors
/// Returns an error if the program has no Curfew, if the name is taken or invalid, or if the database fails.
pub async fn log_in(client: &Client, username: &str, role: Role) -> Result<TestUser, TestingError> {
    let rocket = client.rocket();
    let accounts = rocket.state::<Accounts>().ok_or(TestingError::NoCurfew)?;
    let invalid = |why: String| TestingError::Username(username.to_owned(), why);
    let email = format!("{username}@example.org");
    let names = OwnNames { username, email: &email, site_name: "" };
    let registration = Registration {
        username: Username::parse(username).map_err(|error| invalid(error.to_string()))?,
        email: Email::parse(&email).map_err(|error| invalid(error.to_string()))?,
        password: NewPassword::parse(PASSWORD.to_owned(), names, accounts.settings().password_min_length)
            .map_err(|error| invalid(error.to_string()))?,
    };
    let id = accounts.create_user(&Actor::operator("a test"), &registration, role).await?.id;
    let credentials = Credentials {
        name: LoginName::parse(username).map_err(|error| invalid(error.to_string()))?,
        password: Password::parse(PASSWORD.to_owned()).map_err(|error| invalid(error.to_string()))?,
        remember: false,
    };
    let started = accounts.log_in(&From::new("127.0.0.1".to_owned(), "a test"), &credentials).await?;
    let cookie = session_cookie_of(rocket, &started).ok_or(TestingError::NoCurfew)?;
    let csrf_token = csrf_token_of(rocket, &started).ok_or(TestingError::NoCurfew)?;
    Ok(TestUser { id, username: username.to_owned(), cookie, csrf_token })
}
