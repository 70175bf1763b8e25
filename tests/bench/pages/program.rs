//! The real program, running as a server.

#![allow(dead_code, reason = "each bench uses only a part of this")]

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// A running server; stopped when dropped.
pub struct Running {
    pub address: SocketAddr,
    child: Child,
    settings: Vec<(&'static str, String)>,
    /// The temporary database folder, if the program has its own.
    folder: Option<TempDir>,
}

impl Running {
    /// Starts the program on a free port with a database of its own.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("curfew.db").display());
        let settings = vec![("DATABASE_URL", database), ("CURFEW_BCRYPT_COST", "4".to_owned())];
        let mut program = Self::with(settings);
        program.folder = Some(folder);
        program
    }

    /// Starts the program on a free port with these settings; returns once it is ready.
    pub fn with(settings: Vec<(&'static str, String)>) -> Self {
        let mut child = command(&settings).stdout(Stdio::piped()).spawn().expect("the program starts");
        let output = child.stdout.take().expect("its output");
        // "Make the first superuser at http://127.0.0.1:PORT/setup"
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("http://")).expect("its address");
        let (_, address) = line.split_once("http://").expect("its address");
        let address = address.trim_end_matches("/setup").parse().expect("an address");
        Self { address, child, settings, folder: None }
    }

    /// Runs a command on the program's database.
    pub fn run(&self, arguments: &[&str]) {
        let status = command(&self.settings).args(arguments).stdout(Stdio::null()).status();
        assert!(status.expect("the command runs").success(), "{arguments:?}");
    }

    /// The resident memory, in megabytes.
    pub fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a running process");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
        let kilobytes: f64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number");
        (kilobytes / 1024.0).round()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(settings: &[(&str, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_curfew"));
    command
        // Variables for the benchmarks are unknown settings to the program.
        .env_remove("CURFEW_TEST_POSTGRES")
        .env("ROCKET_PORT", "0")
        .env("ROCKET_LOG_LEVEL", "off")
        .envs(settings.iter().map(|(key, value)| (key, value)));
    command
}
