//! A Postgres primary with a standby, as a site with failover has them, and a proxy address that leads to either.

use std::{
    fs, io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use tempfile::TempDir;

use crate::program::until;

/// A primary and its standby; both are stopped when dropped.
pub struct Replicas {
    primary: Replica,
    standby: Replica,
    tools: Tools,
    _folder: TempDir,
}

struct Replica {
    port: u16,
    data: PathBuf,
    process: Child,
}

/// The programs of Postgres, and the user that runs them: Postgres refuses to run as root.
struct Tools {
    folder: PathBuf,
    user: Option<(u32, u32)>,
}

impl Replicas {
    /// `None` if Postgres is not installed.
    pub fn start() -> Option<Self> {
        let tools = Tools::find()?;
        let folder = tempfile::tempdir().expect("a folder");
        tools.own(folder.path());
        let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
        tools.run("initdb", &["--username=curfew", "--auth=trust", "--encoding=UTF8", "--no-sync"], &first);
        let primary = Replica::start(&tools, first);
        let port = primary.port.to_string();
        let copy = ["--host=127.0.0.1", "--port", &port, "--username=curfew", "--write-recovery-conf", "--no-sync"];
        tools.run("pg_basebackup", &copy, &second);
        let standby = Replica::start(&tools, second);
        Some(Self { primary, standby, tools, _folder: folder })
    }

    /// The primary's address.
    pub fn primary(&self) -> SocketAddr {
        self.primary.address()
    }

    /// The standby's address.
    pub fn standby(&self) -> SocketAddr {
        self.standby.address()
    }

    /// Makes the primary read-only and keeps every connection: the first step of an operator or a failover.
    pub fn primary_turns_read_only(&self) {
        self.tools.psql(self.primary.port, "ALTER SYSTEM SET default_transaction_read_only = on");
        self.tools.psql(self.primary.port, "SELECT pg_reload_conf()");
        until("the primary is read-only", || {
            self.tools.psql(self.primary.port, "SHOW default_transaction_read_only") == "on"
        });
    }

    /// Waits until the standby has caught up, and promotes it.
    pub fn standby_is_promoted(&self) {
        let written = self.tools.psql(self.primary.port, "SELECT pg_current_wal_lsn()");
        let has_all = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
        until("the standby has caught up", || self.tools.psql(self.standby.port, &has_all) == "t");
        self.tools.psql(self.standby.port, "SELECT pg_promote()");
        until("the standby is the primary", || self.tools.psql(self.standby.port, "SELECT pg_is_in_recovery()") == "f");
    }
}

impl Replica {
    fn start(tools: &Tools, data: PathBuf) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number").port();
        let mut command = tools.command("postgres");
        command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k", "", "-F"]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("postgres");
        until("Postgres answers", || tools.asks(port, "SELECT 1").status.success());
        Self { port, data, process }
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        for replica in [&mut self.standby, &mut self.primary] {
            let mut stop = self.tools.command("pg_ctl");
            let _ = stop.args(["stop", "--mode=immediate", "--silent", "-D"]).arg(&replica.data).status();
            let _ = replica.process.wait();
        }
    }
}

impl Tools {
    fn find() -> Option<Self> {
        let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|f| f.path()).collect();
        folders.sort();
        let folder = folders.pop()?.join("bin");
        if !folder.join("initdb").exists() {
            return None;
        }
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        let number = |option: &str| {
            let said = Command::new("id").args([option, "postgres"]).output().expect("id").stdout;
            String::from_utf8_lossy(&said).trim().parse().expect("a user named postgres")
        };
        Some(Self { folder, user: is_root.then(|| (number("-u"), number("-g"))) })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.current_dir("/");
        if let Some((user, group)) = self.user {
            command.gid(group).uid(user);
        }
        command
    }

    fn own(&self, folder: &Path) {
        if let Some((user, group)) = self.user {
            std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("the owner is changed");
        }
    }

    fn run(&self, program: &str, args: &[&str], data: &Path) {
        let done = self.command(program).args(args).arg("-D").arg(data).output().expect("the program runs");
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn asks(&self, port: u16, sql: &str) -> std::process::Output {
        let address = format!("postgres://curfew@127.0.0.1:{port}/postgres");
        self.command("psql").args(["-XAtqc", sql, &address]).output().expect("psql")
    }

    fn psql(&self, port: u16, sql: &str) -> String {
        let said = self.asks(port, sql);
        assert!(said.status.success(), "{sql}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8_lossy(&said.stdout).trim().to_owned()
    }
}

/// A proxy address that leads to one server and later to another. Open connections stay where they are.
pub struct MovingAddress {
    pub address: SocketAddr,
    leads_to: Arc<Mutex<SocketAddr>>,
}

impl MovingAddress {
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let leads_to = Arc::new(Mutex::new(server));
        let target = Arc::clone(&leads_to);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(*target.lock().expect("an address")) else { continue };
                let (near_too, far_too) = (near.try_clone().expect("a wire"), far.try_clone().expect("a wire"));
                thread::spawn(move || carry(near, far));
                thread::spawn(move || carry(far_too, near_too));
            }
        });
        Self { address, leads_to }
    }

    pub fn moves_to(&self, server: SocketAddr) {
        *self.leads_to.lock().expect("an address") = server;
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}
