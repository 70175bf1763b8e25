//! The real program, serving from a database of its own.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// A program that serves, stopped when it is dropped.
pub struct Running {
    pub address: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Running {
    /// Starts it on a free port.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = command(&folder).stdout(Stdio::piped()).spawn().expect("the program starts");
        let output = child.stdout.take().expect("its output");
        // "Make the first superuser at http://127.0.0.1:PORT/setup"
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("http://")).expect("its address");
        let (_, address) = line.split_once("http://").expect("its address");
        Self { address: address.trim_end_matches("/setup").parse().expect("an address"), child, folder }
    }

    /// Runs a command on its database.
    #[allow(dead_code, reason = "not every bench does")]
    pub fn run(&self, arguments: &[&str]) {
        let status = command(&self.folder).args(arguments).stdout(Stdio::null()).status();
        assert!(status.expect("the command runs").success(), "{arguments:?}");
    }

    /// Its resident memory, in megabytes.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a running process");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
        let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number");
        kilobytes / 1024
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_curfew"));
    command
        // What is meant for the benchmark is an unknown setting to the program.
        .env_remove("CURFEW_TEST_POSTGRES")
        .env("DATABASE_URL", format!("sqlite:{}", folder.path().join("curfew.db").display()))
        .env("ROCKET_PORT", "0")
        .env("ROCKET_LOG_LEVEL", "off")
        .env("CURFEW_BCRYPT_COST", "4");
    command
}
