//! nginx in front of the nodes, with the guide's own configuration and a certificate made for it.

use std::net::SocketAddr;

use crate::{guides::block, nginx::Nginx};

/// The guide's names for the nodes.
const GUIDE_NODES: [&str; 3] = ["10.0.0.11:8000", "10.0.0.12:8000", "10.0.0.13:8000"];

/// A running proxy; stopped when dropped.
#[derive(Debug)]
pub struct Balancer {
    nodes: [SocketAddr; 3],
    site: String,
    /// The proxy.
    pub nginx: Nginx,
}

impl Balancer {
    /// Starts nginx in front of these nodes.
    pub fn before(nodes: [SocketAddr; 3]) -> Self {
        let changes = [
            // All of the load comes from one address.
            ("limit_conn curfew 200;", String::new()),
            // The node that answered: the last one that was tried.
            (
                "proxy_pass http://curfew;",
                "proxy_pass http://curfew; add_header X-Node $upstream_addr always;".to_owned(),
            ),
        ];
        let addresses = GUIDE_NODES.iter().zip(nodes).map(|(from, to)| (*from, to.to_string()));
        let changes: Vec<_> = changes.into_iter().chain(addresses).collect();
        let nginx = Nginx::start(block("# /etc/nginx/sites-available/curfew, for many nodes"), &changes);
        Self { nodes, site: nginx.site(), nginx }
    }

    /// Sends nobody to that node any more, as the guide does before a restart.
    pub fn leave_out(&self, node: usize) {
        let node = format!("server {}", self.nodes[node]);
        self.nginx.take(&self.site.replace(&node, &format!("{node} down")));
    }

    /// Puts every node back into rotation.
    pub fn take_all(&self) {
        self.nginx.take(&self.site);
    }
}
