//! Prints the setup code at startup while there is no superuser.

use std::net::{IpAddr, SocketAddr};

use rocket::{Config, Orbit, Rocket, fairing::AdHoc};

use super::super::rendering::Templates;
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
    let root = rocket.state::<Templates>().map_or("", |templates| templates.root().seen());
    let address = format!("{}{root}", settings.origin(rocket.config()));
    match accounts.renew_setup_code().await {
        Ok(Some(code)) => {
            print_line(&format!("Setup code: {code}"));
            print_line(&format!("Create the first superuser at {address}/setup"));
            if let Some(command) = port_forwarding(rocket) {
                print_line(&format!("From your own machine, that address works while this command runs: {command}"));
            }
        }
        Ok(None) => print_line(&format!("{} is at {address}", settings.site_name)),
        Err(error) => {
            let database = accounts.store().name();
            log::error!("could not create a setup code in the database {database}: {error}");
        }
    }
}

/// The command that forwards the port to the machine of an operator who is connected by ssh, to a server that listens
/// only to its own machine. `SSH_CONNECTION` has the addresses and ports of the client and the server (ssh(1)).
fn port_forwarding(rocket: &Rocket<Orbit>) -> Option<String> {
    let settings = rocket.state::<Accounts>()?.settings();
    let Config { address, port, .. } = rocket.config();
    if settings.base_url.is_some() || !address.is_loopback() {
        return None;
    }
    let connection = std::env::var("SSH_CONNECTION").ok()?;
    let server: IpAddr = connection.split(' ').nth(2)?.parse().ok()?;
    let user = whoami::username().ok()?;
    let at = SocketAddr::new(*address, *port);
    Some(format!("ssh -L {port}:{at} {user}@{server}"))
}

/// Ignores errors: a closed standard output must not stop the server.
fn print_line(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{line}");
    let _ = std::io::stdout().flush();
}
