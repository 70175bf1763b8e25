//! Notices that a client has hung up while its login waits, so that it leaves the queue.
//!
//! Rocket runs each handler in a task of its own, which it does not stop when the connection closes. So this looks the
//! connection up in the system's table of connections. It works on Linux; elsewhere, a login waits to the end.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use rocket::{
    futures::future::pending,
    tokio::{select, sync::Mutex, task::spawn_blocking, time::sleep},
};

/// How often the table is read while logins wait.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// The open connections of this server. Clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::accounts) struct Connections(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// The port that this process serves on. Without one, no connection can be looked up.
    port: OnceLock<u16>,
    /// The clients with an open connection, and when they were read.
    clients: Mutex<Option<(Instant, HashSet<SocketAddr>)>>,
}

impl Connections {
    /// Looks up the connections at this port from now on, if this process listens there.
    pub(in crate::accounts) async fn watch(&self, port: u16) {
        if spawn_blocking(move || table::is_listening(port)).await.unwrap_or(false) {
            let _ = self.0.port.set(port);
        }
    }

    /// Runs the future. Returns `None` as soon as the client has hung up.
    pub(in crate::accounts) async fn while_open<T>(
        &self,
        client: Option<SocketAddr>,
        future: impl Future<Output = T> + Send,
    ) -> Option<T> {
        select! {
            biased;
            result = future => Some(result),
            () = self.closed(client) => None,
        }
    }

    async fn closed(&self, client: Option<SocketAddr>) {
        let (Some(client), Some(&port)) = (client.map(canonical), self.0.port.get()) else { return pending().await };
        loop {
            sleep(CHECK_INTERVAL).await;
            if self.is_closed(client, port).await {
                return;
            }
        }
    }

    async fn is_closed(&self, client: SocketAddr, port: u16) -> bool {
        // One waiter reads the table, and the others look into what it has read.
        let mut clients = self.0.clients.lock().await;
        if clients.as_ref().is_none_or(|(read_at, _)| read_at.elapsed() >= CHECK_INTERVAL) {
            let read_at = Instant::now();
            let open = spawn_blocking(move || table::open_clients(port)).await.ok().flatten();
            *clients = open.map(|open| (read_at, open));
        }
        clients.as_ref().is_some_and(|(_, open)| !open.contains(&client))
    }
}

/// A server that listens for IPv6 sees IPv4 clients as IPv6.
fn canonical(client: SocketAddr) -> SocketAddr {
    SocketAddr::new(client.ip().to_canonical(), client.port())
}

#[cfg(target_os = "linux")]
mod table {
    use std::{collections::HashSet, net::SocketAddr};

    use procfs::{
        net::{TcpNetEntry, TcpState},
        process::{FDTarget, Process},
    };

    use super::canonical;

    /// Whether this process itself listens at the port.
    pub(super) fn is_listening(port: u16) -> bool {
        let Some(sockets) = own_sockets() else { return false };
        entries(port).is_some_and(|mut entries| {
            entries.any(|entry| entry.state == TcpState::Listen && sockets.contains(&entry.inode))
        })
    }

    /// The clients with an open connection to the port. `None` if the table cannot be read.
    pub(super) fn open_clients(port: u16) -> Option<HashSet<SocketAddr>> {
        let open = entries(port)?.filter(|entry| entry.state == TcpState::Established);
        Some(open.map(|entry| canonical(entry.remote_address)).collect())
    }

    fn entries(port: u16) -> Option<impl Iterator<Item = TcpNetEntry>> {
        // Under the process's own folder, because a sandbox may hide the rest of `/proc` (`ProcSubset=pid`).
        let own = Process::myself().ok()?;
        // A system without IPv6 has no second table.
        let all = own.tcp().ok()?.into_iter().chain(own.tcp6().unwrap_or_default());
        Some(all.filter(move |entry| entry.local_address.port() == port))
    }

    fn own_sockets() -> Option<HashSet<u64>> {
        let descriptors = Process::myself().ok()?.fd().ok()?;
        let socket = |target| match target {
            FDTarget::Socket(inode) => Some(inode),
            _ => None,
        };
        Some(descriptors.filter_map(|descriptor| socket(descriptor.ok()?.target)).collect())
    }
}

#[cfg(not(target_os = "linux"))]
mod table {
    use std::{collections::HashSet, net::SocketAddr};

    pub(super) fn is_listening(_: u16) -> bool {
        false
    }

    pub(super) fn open_clients(_: u16) -> Option<HashSet<SocketAddr>> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use rocket::{
        futures::future::ready,
        tokio::net::{TcpListener, TcpStream},
    };

    use super::*;

    #[rocket::async_test]
    async fn a_wait_ends_when_the_client_hangs_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Connections::default();
        connections.watch(address.port()).await;
        let client = TcpStream::connect(address).await.expect("a connection");
        let (server, peer) = listener.accept().await.expect("a connection");
        let mut wait = Box::pin(connections.while_open(Some(peer), pending::<()>()));
        select! {
            _ = &mut wait => panic!("the client is still there"),
            () = sleep(CHECK_INTERVAL * 3) => {}
        }
        drop(client);
        assert_eq!(wait.await, None);
        drop(server);
        assert_eq!(connections.while_open(Some(peer), ready(1)).await, Some(1), "what is done stays done");
    }

    #[rocket::async_test]
    async fn a_port_of_another_process_is_not_watched() {
        let connections = Connections::default();
        connections.watch(1).await;
        assert_eq!(connections.0.port.get(), None);
    }
}
