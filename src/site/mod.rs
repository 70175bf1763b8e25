//! The pages. A handler takes guards and a form, calls one use case, and returns a page or a redirect.
//!
//! Handlers contain no SQL and no authorization: guards and use cases decide who may do what.
//!
//! [`Curfew`] adds the pages to a program.

mod account;
mod addresses;
mod admin;
mod catchers;
mod entry;
mod fairing;
mod files;
mod health;
mod home;
mod host_accounts;
mod letters;
mod pages;
mod rendering;
mod static_files;
#[cfg(feature = "testing")]
pub mod testing;
mod upkeep;

use rocket::{Build, Rocket, Route, error::ErrorKind};

use crate::{
    gate::{self, Headers},
    settings::{Configuration, SecretKeys},
};

pub(crate) use self::addresses::{ADDRESSES, link_path};
pub use fairing::Curfew;
pub(crate) use fairing::{Options, attached};
pub(crate) use files::all_embedded;
pub use host_accounts::Accounts;
pub(crate) use letters::send_test_letter;
pub use letters::{Letters, TestLetter};
pub use pages::Pages;
pub use pages::answer::Answer;
pub use pages::form::FormView;
pub use rendering::shell::{Shell, ShellUser};
pub use rendering::{Page, Templates};
pub use upkeep::{Upkeep, tidy};

/// A program that is nothing but Curfew: the whole host is its own.
#[cfg(any(feature = "demo", feature = "internals"))]
pub(crate) fn whole_program(curfew: Curfew) -> Curfew {
    curfew.catchers().headers(Headers::everywhere())
}

/// Builds a program that is nothing but Curfew, with these settings.
#[cfg(any(feature = "demo", feature = "internals"))]
#[must_use]
pub fn rocket(configuration: &Configuration, keys: &SecretKeys) -> Rocket<Build> {
    let curfew = Curfew::with(configuration.clone(), keys.clone());
    rocket::custom(configuration.figment.clone()).attach(whole_program(curfew))
}

/// Serves until shutdown, then closes the database once all requests in progress have been answered.
///
/// # Errors
/// Returns an error if the server cannot start or serve.
pub async fn launch(site: Rocket<Build>) -> Result<(), rocket::Error> {
    match site.launch().await {
        Ok(rocket) => upkeep::close(rocket.state(), rocket.state()).await,
        Err(error) => match error.kind() {
            // A normal shutdown with a connection that is still open. It has outlasted the grace period and was cut,
            // or Rocket did not wait for it.
            ErrorKind::Shutdown(rocket, None) => {
                upkeep::finish_shutdown(rocket).await;
                upkeep::close(rocket.state(), rocket.state()).await;
            }
            _ => return Err(error),
        },
    }
    Ok(())
}

/// The routes of every page.
fn routes() -> Vec<Route> {
    [
        home::routes(),
        entry::setup::routes(),
        entry::register::routes(),
        entry::login::routes(),
        entry::logout::routes(),
        entry::confirm::routes(),
        entry::links::routes(),
        account::routes(),
        admin::routes(),
        health::routes(),
        static_files::routes(),
        gate::routes(),
    ]
    .concat()
}
