//! nginx in front of the nodes, with the guide's own configuration and a certificate made for it.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::{guides::block, program::until};

/// The guide's names for the site and its nodes.
pub const HOST: &str = "example.org";
const GUIDE_NODES: [&str; 3] = ["10.0.0.11:8000", "10.0.0.12:8000", "10.0.0.13:8000"];

/// A running proxy; stopped when dropped.
#[derive(Debug)]
pub struct Balancer {
    folder: TempDir,
    nginx: Child,
    site: String,
    nodes: [SocketAddr; 3],
    /// The address of the proxy.
    pub address: SocketAddr,
    /// The self-signed certificate of the proxy.
    pub certificate: Vec<u8>,
}

impl Balancer {
    /// Starts nginx in front of these nodes.
    pub fn before(nodes: [SocketAddr; 3]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = make_certificate(folder.path());
        let address = free_address();
        let mut site = block("# /etc/nginx/sites-available/curfew, for many nodes");
        for (from, to) in [
            // All of the load comes from one address.
            ("limit_conn curfew 200;", String::new()),
            ("listen 80;", format!("listen unix:{}/http;", folder.path().display())),
            ("listen 443 ssl;", format!("listen {address} ssl;")),
            ("/etc/ssl/example.org.pem", certificate.display().to_string()),
            ("/etc/ssl/example.org.key", key.display().to_string()),
            // The node that answered: the last one that was tried.
            (
                "proxy_pass http://curfew;",
                "proxy_pass http://curfew; add_header X-Node $upstream_addr always;".to_owned(),
            ),
        ] {
            assert!(site.contains(from), "{from}");
            site = site.replace(from, &to);
        }
        for (from, to) in GUIDE_NODES.iter().zip(nodes) {
            site = site.replace(from, &to.to_string());
        }
        let certificate = fs::read(&certificate).expect("a certificate");
        write(folder.path(), &site);
        let nginx = Command::new("nginx")
            .env("PATH", path())
            .args(["-e", "stderr", "-g", "daemon off;", "-c"])
            .arg(folder.path().join("nginx.conf"))
            .stdout(Stdio::null())
            .spawn()
            .expect("nginx starts");
        until("nginx listens", || TcpStream::connect(address).is_ok());
        Self { folder, nginx, site, nodes, address, certificate }
    }

    /// Sends nobody to that node any more, as the guide does before a restart.
    pub fn leave_out(&self, node: usize) {
        let node = format!("server {}", self.nodes[node]);
        self.take(&self.site.replace(&node, &format!("{node} down")));
    }

    /// Puts every node back into rotation.
    pub fn take_all(&self) {
        self.take(&self.site);
    }

    fn take(&self, site: &str) {
        write(self.folder.path(), site);
        let sent = Command::new("sh").args(["-c", &format!("kill -HUP {}", self.nginx.id())]).status();
        assert!(sent.expect("a shell").success(), "nginx reads its configuration again");
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.nginx.id())]).status();
        let _ = self.nginx.wait();
    }
}

/// An address that was free just now. It is fixed so that a restarted node has the same one.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("its address")
}

fn path() -> String {
    format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default())
}

fn write(folder: &Path, site: &str) {
    let place = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {place}/{name};\n")).concat();
    let events = "worker_processes 1;\nevents { worker_connections 4096; }";
    let whole = format!("pid {place}/pid;\n{events}\nhttp {{\naccess_log off;\n{temporary}{site}\n}}\n");
    fs::write(folder.join("nginx.conf"), whole).expect("a file");
}

fn make_certificate(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &format!("/CN={HOST}")])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", &format!("subjectAltName=DNS:{HOST}"), "-keyout"])
        .args([&key, Path::new("-out"), &certificate])
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (certificate, key)
}
