//! The real program, serving.

#![allow(dead_code)] // each bench uses a part of it

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
    settings: Vec<(&'static str, String)>,
    /// Gone with the program, where its database is its own.
    folder: Option<TempDir>,
}

impl Running {
    /// Starts it on a free port, over a database of its own.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("curfew.db").display());
        let settings = vec![("DATABASE_URL", database), ("CURFEW_BCRYPT_COST", "4".to_owned())];
        let mut program = Self::with(settings);
        program.folder = Some(folder);
        program
    }

    /// Starts it on a free port, with these settings; returns once it serves.
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

    /// Runs a command on its database.
    pub fn run(&self, arguments: &[&str]) {
        let status = command(&self.settings).args(arguments).stdout(Stdio::null()).status();
        assert!(status.expect("the command runs").success(), "{arguments:?}");
    }

    /// Its resident memory, in megabytes.
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
        // What is meant for the benchmark is an unknown setting to the program.
        .env_remove("CURFEW_TEST_POSTGRES")
        .env("ROCKET_PORT", "0")
        .env("ROCKET_LOG_LEVEL", "off")
        .envs(settings.iter().map(|(key, value)| (key, value)));
    command
}
