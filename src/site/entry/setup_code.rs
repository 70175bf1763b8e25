//! Printing the setup code at the start, while there is no superuser.

use rocket::{Orbit, Rocket, fairing::AdHoc};

use crate::{accounts::Accounts, settings::BaseUrl};

/// Prints a new code at each start; only its hash is kept.
pub fn printer() -> AdHoc {
    AdHoc::on_liftoff("Setup code", |rocket| Box::pin(print_code(rocket)))
}

async fn print_code(rocket: &Rocket<Orbit>) {
    let Some(accounts) = rocket.state::<Accounts>() else { return };
    let settings = accounts.settings();
    if settings.base_url.as_ref().is_some_and(BaseUrl::is_https) && settings.trusted_proxies.is_empty() {
        log::warn!("base_url is https, but no proxy is named in trusted_proxies: requests count as plain http");
    }
    match accounts.renew_setup_code().await {
        Ok(Some(code)) => {
            say(&format!("Setup code: {code}"));
            say(&format!("Make the first superuser at {}/setup", address(rocket, accounts)));
        }
        Ok(None) => say(&format!("{} is at {}", accounts.settings().site_name, address(rocket, accounts))),
        Err(error) => log::error!("no setup code could be made: {error}"),
    }
}

fn address(rocket: &Rocket<Orbit>, accounts: &Accounts) -> String {
    let config = rocket.config();
    match &accounts.settings().base_url {
        Some(url) => url.as_str().to_owned(),
        None => format!("http://{}", std::net::SocketAddr::new(config.address, config.port)),
    }
}

/// A closed standard output is no reason to stop serving.
fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{line}");
    let _ = std::io::stdout().flush();
}
