//! A running nginx with a site of the guides.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::program::until;

/// The guides' name for the site.
pub const HOST: &str = "example.org";

/// A running nginx; stopped when dropped.
#[derive(Debug)]
pub struct Nginx {
    folder: TempDir,
    running: Child,
    /// Its address.
    pub address: SocketAddr,
    /// The self-signed certificate.
    pub certificate: Vec<u8>,
}

impl Nginx {
    /// Starts it with this site of the guides, at a free address and with a new certificate. Each change replaces a
    /// text of the site.
    pub fn start(site: String, changes: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = make_certificate(folder.path());
        let address = free_address();
        let mut site = site;
        for (from, to) in [
            ("listen 80;", format!("listen unix:{}/http;", folder.path().display())),
            ("listen 443 ssl;", format!("listen {address} ssl;")),
            ("/etc/ssl/example.org.pem", certificate.display().to_string()),
            ("/etc/ssl/example.org.key", key.display().to_string()),
        ]
        .into_iter()
        .chain(changes.iter().cloned())
        {
            assert!(site.contains(from), "{from}");
            site = site.replace(from, &to);
        }
        let certificate = fs::read(&certificate).expect("a certificate");
        write(folder.path(), &site);
        let running = Command::new("nginx")
            .env("PATH", path())
            .args(["-e", "stderr", "-g", "daemon off;", "-c"])
            .arg(folder.path().join("nginx.conf"))
            .stdout(Stdio::null())
            .spawn()
            .expect("nginx starts");
        until("nginx listens", || TcpStream::connect(address).is_ok());
        Self { folder, running, address, certificate }
    }

    /// The site as nginx reads it.
    pub fn site(&self) -> String {
        fs::read_to_string(self.folder.path().join(SITE)).expect("a file")
    }

    /// Reads this site instead, without a pause.
    pub fn take(&self, site: &str) {
        write(self.folder.path(), site);
        let sent = Command::new("sh").args(["-c", &format!("kill -HUP {}", self.running.id())]).status();
        assert!(sent.expect("a shell").success(), "nginx reads its configuration again");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.running.id())]).status();
        let _ = self.running.wait();
    }
}

/// An address that was free just now. It is fixed so that a restarted server has the same one.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("its address")
}

/// The file with the site.
const SITE: &str = "site.conf";

fn path() -> String {
    format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default())
}

fn write(folder: &Path, site: &str) {
    let place = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {place}/{name};\n")).concat();
    let events = "worker_processes 1;\nevents { worker_connections 4096; }";
    let http = format!("access_log off;\nerror_log /dev/null crit;\n{temporary}include {place}/{SITE};");
    let whole = format!("pid {place}/pid;\n{events}\nhttp {{\n{http}\n}}\n");
    fs::write(folder.join(SITE), site).expect("a file");
    fs::write(folder.join("nginx.conf"), whole).expect("a file");
}

fn make_certificate(folder: &Path) -> (PathBuf, PathBuf) {
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
