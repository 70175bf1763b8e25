//! Prints the setup code at startup while there is no superuser.

use rocket::{Orbit, Rocket, fairing::AdHoc};

use crate::{accounts::Accounts, settings::BaseUrl};

/// Prints a new code at each start. Only its hash is stored.
pub fn printer() -> AdHoc {
    AdHoc::on_liftoff("Setup code", |rocket| Box::pin(print_code(rocket)))
}

async fn print_code(rocket: &Rocket<Orbit>) {
    let Some(accounts) = rocket.state::<Accounts>() else { return };
    let settings = accounts.settings();
    if settings.base_url.as_ref().is_some_and(BaseUrl::is_https) && settings.trusted_proxies.is_empty() {
        log::warn!("base_url is https, but trusted_proxies is empty: all visitors share the address of the proxy");
    }
    match accounts.renew_setup_code().await {
        Ok(Some(code)) => {
            print_line(&format!("Setup code: {code}"));
            print_line(&format!("Create the first superuser at {}/setup", settings.origin(rocket.config())));
        }
        Ok(None) => print_line(&format!("{} is at {}", settings.site_name, settings.origin(rocket.config()))),
        Err(error) => {
            let database = accounts.store().name();
            log::error!("could not create a setup code in the database {database}: {error}");
        }
    }
}

/// Ignores errors: a closed standard output must not stop the server.
fn print_line(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{line}");
    let _ = std::io::stdout().flush();
}
