//! Running the program: its arguments, its own settings only, and the result.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use curfew::store::DRIVERS_LOG;

/// A limit against hanging forever, far longer than a busy machine needs.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// The time between two checks of a condition.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The program before it starts.
#[derive(Debug)]
pub struct Program(Command);

impl Program {
    /// Starts with these arguments in the project's folder. Only variables set by a test are settings. Backtraces are
    /// enabled, so that one would show up. Warnings about slow statements depend on how busy this machine is, and are
    /// left out of the server's log.
    pub fn new(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_curfew"));
        command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
        command.env("RUST_BACKTRACE", "1").env("RUST_LOG", format!("{DRIVERS_LOG}=error"));
        for (name, _) in std::env::vars_os() {
            let is_setting = |name: &str| {
                name.starts_with("ROCKET_")
                    || name.starts_with("CURFEW_")
                    || matches!(name, "DATABASE_URL" | "REDIS_URL" | "SMTP_URL")
            };
            if name.to_str().is_some_and(is_setting) {
                command.env_remove(name);
            }
        }
        Self(command)
    }

    /// Adds an argument, which need not be valid text.
    pub fn also(mut self, argument: &std::ffi::OsStr) -> Self {
        self.0.arg(argument);
        self
    }

    /// Sets an environment variable.
    pub fn set(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Removes an environment variable.
    pub fn unset(mut self, name: &str) -> Self {
        self.0.env_remove(name);
        self
    }

    /// Lets the program open at most this many files and connections.
    pub fn with_at_most(self, descriptors: u32) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"")]);
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

    /// Runs in another folder.
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// Starts the program.
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

    /// Runs the program to its end, with standard output going to `out`.
    pub fn run_into(mut self, out: Stdio) -> Outcome {
        let ended = self.0.stdin(Stdio::null()).stdout(out).stderr(Stdio::piped()).output().expect("the program runs");
        Outcome { status: ended.status, out: String::new(), err: String::from_utf8_lossy(&ended.stderr).into_owned() }
    }

    /// Runs the program to its end, with empty standard input.
    pub fn run(self) -> Outcome {
        self.run_with(b"")
    }

    /// Runs the program to its end, with this standard input.
    pub fn run_with(self, input: &[u8]) -> Outcome {
        let mut running = self.start();
        // The program may end without reading it.
        let _ = running.child.stdin.take().expect("its standard input").write_all(input);
        running.wait()
    }
}

/// A running program; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    said: String,
    err: Option<JoinHandle<String>>,
}

impl Running {
    /// Waits for a line on standard output for which `find` returns something.
    pub fn until_it_prints<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
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
                Err(RecvTimeoutError::Timeout) => panic!("it printed only: {}", self.said),
                Err(RecvTimeoutError::Disconnected) => {
                    let err = self.err.take().and_then(|err| err.join().ok());
                    panic!("it ended after printing: {}{err:?}", self.said)
                }
            }
        }
    }

    /// The first printed or future line for which `find` returns something.
    pub fn hear<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        match self.said.lines().find_map(&find) {
            Some(found) => found,
            None => self.until_it_prints(find),
        }
    }

    /// The rest of the first printed line that starts with this text.
    pub fn heard(&self, beginning: &str) -> Option<String> {
        self.said.lines().find_map(|line| line.strip_prefix(beginning)).map(str::to_owned)
    }

    /// A shell that waits to send a signal by name: starting one takes longer than what the test interrupts.
    pub fn shell_that_signals(&self, name: &str) -> Shell {
        let script = format!("read go; kill -{name} {}", self.child.id());
        Shell(Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).spawn().expect("a shell"))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status();
        assert!(sent.expect("a shell").success(), "the signal is sent");
    }

    /// Waits for the end.
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

/// A shell that waits for its command.
#[derive(Debug)]
pub struct Shell(Child);

impl Shell {
    /// Sends the signal and waits until the shell has done so.
    pub fn signal(&mut self) {
        self.0.stdin.take().expect("its standard input").write_all(b"go\n").expect("the shell reads");
        assert!(self.0.wait().expect("its status").success(), "the signal is sent");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl Outcome {
    /// The output of a successful run. A line that names the file of a letter is no complaint: letters are sent when it
    /// is their turn.
    #[track_caller]
    pub fn done(self) -> String {
        let complaints: String =
            self.err.split_inclusive('\n').filter(|line| !line.contains(" a letter of kind ")).collect();
        assert_eq!((self.status.code(), complaints.as_str()), (Some(0), ""), "{self:?}");
        self.out
    }

    /// The single line of a refused run.
    #[track_caller]
    pub fn refused(self) -> String {
        assert_eq!((self.status.code(), self.out.as_str()), (Some(1), ""), "{self:?}");
        let lines: Vec<&str> = self.err.lines().collect();
        assert_eq!(lines.len(), 1, "a refusal is one line: {self:?}");
        let words = lines[0].strip_prefix("curfew: ").expect("the program's name");
        assert!(!words.contains("panicked") && !words.contains('\u{1b}'), "{self:?}");
        words.to_owned()
    }

    /// The output of a run with wrong usage.
    #[track_caller]
    pub fn misused(self) -> String {
        assert_eq!((self.status.code(), self.out.as_str()), (Some(2), ""), "{self:?}");
        self.err
    }
}

/// Polls until the condition is true.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "timed out waiting for: {what}");
        std::thread::sleep(POLL_INTERVAL);
    }
}
