//! The pages. A handler takes guards and a form, calls one use case, and returns a page or a redirect.
//!
//! Handlers contain no SQL and no authorization: guards and use cases decide who may do what.
//!
//! Your own program can add pages:
//!
//! ```no_run
//! use curfew::{gate::SignedIn, settings, site::{self, Answer, Pages}};
//! use rocket::{get, routes};
//!
//! #[get("/garden")]
//! fn garden(signed_in: SignedIn<'_>, pages: Pages<'_>) -> Answer {
//!     let view = serde_json::json!({ "gardener": signed_in.login.account.username });
//!     pages.show("garden", &view) // templates/garden.html.tera
//! }
//!
//! # async fn launch() -> Result<(), Box<dyn std::error::Error>> {
//! let configuration = settings::load()?;
//! let keys = configuration.secret_keys()?;
//! site::launch(site::rocket(&configuration, &keys)?.mount("/", routes![garden])).await?;
//! # Ok(())
//! # }
//! ```

mod account;
mod addresses;
mod admin;
mod catchers;
mod entry;
mod health;
mod home;
mod letters;
mod pages;
mod rendering;
mod static_files;
mod upkeep;

use std::{path::Path, sync::Arc};

use rocket::{Build, Rocket, error::ErrorKind, fairing::AdHoc, shield::Shield};
use rocket_db_pools::Database as _;

use crate::{
    accounts::Accounts,
    api, gate,
    settings::{Configuration, RedisAddress, SecretKeys, SettingsError},
    store::{
        Db,
        fleet::{redis_link::RedisLink, shared_counters::SharedCounters, token_keys::TokenKeys},
    },
};

pub(crate) use self::addresses::{ADDRESSES, link_path};
use self::static_files::StaticFiles;
pub use letters::{Letters, TestLetter, send_test_letter};
pub use pages::Pages;
pub use pages::answer::Answer;
pub use pages::form::FormView;
pub use rendering::shell::{Shell, ShellUser};
pub use rendering::{Page, Templates};
pub use upkeep::{Upkeep, tidy};

/// The folders that must exist in the working directory.
const FOLDERS: [&str; 2] = ["templates", "static"];

/// Builds the whole site, ready to launch.
///
/// # Errors
/// Returns an error if the working directory has no templates or static files, or if `base_url` is needed and not set.
pub fn rocket(configuration: &Configuration, keys: &SecretKeys) -> Result<Rocket<Build>, SettingsError> {
    configuration.must_have_origin()?;
    let settings = Arc::new(configuration.settings.clone());
    if settings.base_url.is_none() && !settings.trusted_proxies.is_empty() {
        log::warn!(
            "base_url is not set: behind a trusted proxy, its X-Forwarded-Proto decides whether cookies are Secure; set \
             base_url to the address that users open"
        );
    }
    must_have_folders()?;
    let files = StaticFiles::read(Path::new("static"))?;
    let figment = configuration
        .figment
        .clone()
        .merge(("databases.curfew.url", configuration.database.reveal()))
        // The gate reads the client's address from trusted proxies itself.
        .merge(("ip_header", false));
    let figment = figment.merge(("secret_key", keys.current.reveal()));
    Ok(rocket::custom(figment)
        // The gate sets every header itself.
        .attach(Shield::new())
        .attach(upkeep::database(keys))
        .attach(use_cases(Arc::clone(&settings), keys.clone(), configuration.redis.clone()))
        .attach(watch_connections())
        .manage(addresses::ADDRESSES)
        .attach(gate::stage(settings, keys))
        .attach(rendering::stage(files.clone()))
        .attach(letters::stage(configuration))
        .attach(entry::setup_code::printer())
        .attach(static_files::stage(files))
        .attach(stage())
        .attach(api::stage()))
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

/// Checks that the working directory has templates and static files.
///
/// # Errors
/// Returns an error if one of the folders is missing.
pub fn must_have_folders() -> Result<(), SettingsError> {
    if FOLDERS.iter().all(|folder| Path::new(folder).is_dir()) {
        return Ok(());
    }
    Err(SettingsError::new(
        "the working directory",
        "one without `templates` and `static`",
        "the project's folder, or one with copies of its `templates` and `static`",
    ))
}

/// Manages [`Accounts`] for guards and handlers.
fn use_cases(settings: Arc<crate::settings::Settings>, keys: SecretKeys, redis: Option<RedisAddress>) -> AdHoc {
    AdHoc::try_on_ignite("Use cases", |rocket| async move {
        let Some(db) = Db::fetch(&rocket) else { return Err(rocket) };
        let redis = match redis.as_ref().map(RedisLink::to).transpose() {
            Ok(redis) => redis,
            Err(error) => {
                log::error!("{error}");
                return Err(rocket);
            }
        };
        if let Some(redis) = &redis {
            redis.warn_of_lossy_settings().await;
        }
        let counters = SharedCounters::of(db, redis.clone());
        let token_keys = TokenKeys::of((**db).clone(), redis);
        let accounts = Accounts::new((**db).clone(), settings).hashing_with(&keys).counting_with(counters);
        match accounts.warm_up().await {
            Ok(()) => Ok(rocket.manage(accounts).manage(token_keys)),
            Err(error) => {
                log::error!("{error}");
                Err(rocket)
            }
        }
    })
}

/// Lets waiting logins notice that their client has hung up.
fn watch_connections() -> AdHoc {
    AdHoc::on_liftoff("Connections", |rocket| {
        Box::pin(async {
            if let Some(accounts) = rocket.state::<Accounts>() {
                accounts.watch_connections(rocket.config().port).await;
            }
        })
    })
}

/// Mounts every page.
fn stage() -> AdHoc {
    AdHoc::on_ignite("Pages", |rocket| async {
        rocket
            .attach(home::stage())
            .attach(entry::setup::stage())
            .attach(entry::register::stage())
            .attach(entry::login::stage())
            .attach(entry::logout::stage())
            .attach(entry::confirm::stage())
            .attach(entry::links::stage())
            .attach(account::stage())
            .attach(admin::stage())
            .attach(health::stage())
            .attach(catchers::stage())
    })
}
