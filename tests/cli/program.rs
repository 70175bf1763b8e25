//! Running the program: its arguments, its settings and nobody else's, and what came of it.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use curfew::store::DRIVERS_LOG;

/// A guard against hanging for ever, far above what a busy machine needs.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A start of the program that has not happened yet.
#[derive(Debug)]
pub struct Program(Command);

impl Program {
    /// With these arguments, in the project's folder. Of the environment only what a test sets is
    /// a setting; a backtrace is asked for, so that one would show. That a statement was slow says how
    /// busy this machine is, and is left out of a server's log.
    pub fn new(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_curfew"));
        command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
        command.env("RUST_BACKTRACE", "1").env("RUST_LOG", format!("{DRIVERS_LOG}=error"));
        for (name, _) in std::env::vars_os() {
            let is_setting = |name: &str| {
                name.starts_with("ROCKET_")
                    || name.starts_with("CURFEW_")
                    || matches!(name, "DATABASE_URL" | "REDIS_URL")
            };
            if name.to_str().is_some_and(is_setting) {
                command.env_remove(name);
            }
        }
        Self(command)
    }

    /// With one more argument, which need not be text.
    pub fn also(mut self, argument: &std::ffi::OsStr) -> Self {
        self.0.arg(argument);
        self
    }

    /// With this variable.
    pub fn set(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Without this variable.
    pub fn unset(mut self, name: &str) -> Self {
        self.0.env_remove(name);
        self
    }

    /// Ignoring a signal that would end it.
    pub fn ignoring(self, signal: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("trap '' {signal}; exec \"$0\" \"$@\"")]);
        shell.arg(self.0.get_program()).args(self.0.get_args());
        for (name, value) in self.0.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        if let Some(folder) = self.0.get_current_dir() {
            shell.current_dir(folder);
        }
        Self(shell)
    }

    /// In another folder.
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// Starts it.
    pub fn start(mut self) -> Running {
        self.0.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.0.spawn().expect("the program starts");
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().expect("its standard output"));
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut err = child.stderr.take().expect("its standard error");
        let err = std::thread::spawn(move || {
            let mut text = Vec::new();
            err.read_to_end(&mut text).map(|_| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
        });
        Running { child, lines, said: String::new(), err: Some(err) }
    }

    /// Runs it to its end, its standard output going there.
    pub fn run_into(mut self, out: Stdio) -> Outcome {
        let ended = self.0.stdin(Stdio::null()).stdout(out).stderr(Stdio::piped()).output().expect("the program runs");
        Outcome { status: ended.status, out: String::new(), err: String::from_utf8_lossy(&ended.stderr).into_owned() }
    }

    /// Runs it to its end, without anything on standard input.
    pub fn run(self) -> Outcome {
        self.run_with(b"")
    }

    /// Runs it to its end, with that on standard input.
    pub fn run_with(self, input: &[u8]) -> Outcome {
        let mut running = self.start();
        // It may end without having read.
        let _ = running.child.stdin.take().expect("its standard input").write_all(input);
        running.wait()
    }
}

/// The program while it runs; ended when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    said: String,
    err: Option<JoinHandle<String>>,
}

impl Running {
    /// Waits for a line on standard output in which `find` finds something.
    pub fn until_it_says<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.said.push_str(&line);
                    self.said.push('\n');
                    if let Some(found) = find(&line) {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("it said only: {}", self.said),
                Err(RecvTimeoutError::Disconnected) => {
                    let err = self.err.take().and_then(|err| err.join().ok());
                    panic!("it ended, having said: {}{err:?}", self.said)
                }
            }
        }
    }

    /// The first line so far, or to come, in which `find` finds something.
    pub fn hear<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        match self.said.lines().find_map(&find) {
            Some(found) => found,
            None => self.until_it_says(find),
        }
    }

    /// The rest of a line that began so, if there was one so far.
    pub fn heard(&self, beginning: &str) -> Option<String> {
        self.said.lines().find_map(|line| line.strip_prefix(beginning)).map(str::to_owned)
    }

    /// A shell that waits to send it a signal, by name: to start one takes longer than what is to be interrupted.
    pub fn shell_that_signals(&self, name: &str) -> Shell {
        let script = format!("read go; kill -{name} {}", self.child.id());
        Shell(Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).spawn().expect("a shell"))
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status();
        assert!(sent.expect("a shell").success(), "the signal is sent");
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Outcome {
        let mut status = None;
        until("the program ends", || {
            status = self.child.try_wait().expect("its status");
            status.is_some()
        });
        for line in &self.lines {
            self.said.push_str(&line);
            self.said.push('\n');
        }
        let err = self.err.take().and_then(|err| err.join().ok()).expect("its standard error");
        Outcome { status: status.expect("its status"), out: std::mem::take(&mut self.said), err }
    }
}

/// A shell that waits for its word.
#[derive(Debug)]
pub struct Shell(Child);

impl Shell {
    /// Gives it, and waits until it was obeyed.
    pub fn signal(&mut self) {
        self.0.stdin.take().expect("its standard input").write_all(b"go\n").expect("it listens");
        assert!(self.0.wait().expect("its status").success(), "the signal is sent");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl Outcome {
    /// What it printed, having done what it was asked.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!((self.status.code(), self.err.as_str()), (Some(0), ""), "{self:?}");
        self.out
    }

    /// The one line in which it was refused.
    #[track_caller]
    pub fn refused(self) -> String {
        assert_eq!((self.status.code(), self.out.as_str()), (Some(1), ""), "{self:?}");
        let lines: Vec<&str> = self.err.lines().collect();
        assert_eq!(lines.len(), 1, "one line: {self:?}");
        let words = lines[0].strip_prefix("curfew: ").expect("who says it");
        assert!(!words.contains("panicked") && !words.contains('\u{1b}'), "{self:?}");
        words.to_owned()
    }

    /// What it said about wrong usage.
    #[track_caller]
    pub fn misused(self) -> String {
        assert_eq!((self.status.code(), self.out.as_str()), (Some(2), ""), "{self:?}");
        self.err
    }
}

/// Looks again and again until it is so.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "it never came to this: {what}");
        std::thread::sleep(LOOK_AGAIN);
    }
}
