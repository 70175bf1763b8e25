"""The real program with a temporary database of its own."""

import itertools
import os
import re
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target") / "debug/curfew"

# A limit against hanging forever, far longer than a busy machine needs.
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Account:
    """A user and the credentials to log in with."""

    username: str
    email: str
    password: str


class Server:
    """One node of a site. `settings` are environment variables for the program."""

    def __init__(self, folder, settings):
        self.folder = folder
        self.settings = settings
        self.log = folder / f"{secrets.token_hex(4)}.log"
        self._process = None
        self._numbers = itertools.count(1)

    def start(self):
        """Starts the server on a port that the system chooses."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "serve"],
                cwd=REPOSITORY,
                env=self._environment() | {"ROCKET_PORT": "0"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._until_it_is_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.terminate()
        self.wait()

    def terminate(self):
        """Asks the server to stop."""
        self._process.terminate()

    def until_it_refuses_connections(self):
        """Waits until the server has begun to stop."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.answers:
            assert time.monotonic() < end, "the server does not stop"
            time.sleep(0.02)

    def wait(self):
        """Waits until the server has stopped."""
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def kill(self):
        """Ends the server with SIGKILL, as a crash of its machine would."""
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)

    def has_connection_from(self, port):
        """Whether the server has a connection whose own port is this one."""
        own = f" 0100007F:{port:04X} "
        files = Path(f"/proc/{self._process.pid}/fd").iterdir()
        sockets = {os.readlink(file).removeprefix("socket:[").removesuffix("]") for file in files}
        open_ones = [line for line in Path("/proc/net/tcp").read_text().splitlines() if own in line[:20]]
        return any(line.split()[9] in sockets for line in open_ones)

    @property
    def is_running(self):
        return self._process.poll() is None

    def another(self, **settings):
        """Another node of the same site, not started yet."""
        return Server(self.folder, self.settings | settings)

    def make_user(self, *flags, username=None, password=None):
        """Creates a user, with a generated name if none is given; `flags` are those of the command."""
        username = username or f"user{next(self._numbers)}"
        account = Account(username, f"{username}@example.org", password or secrets.token_urlsafe(16))
        self.runs(
            *("user", "create", username, "--email", account.email, "--password-stdin", *flags),
            given=f"{account.password}\n",
        )
        return account

    def runs(self, *arguments, given=""):
        """Runs a command of the program on the same database."""
        done = subprocess.run(
            [PROGRAM, *arguments],
            cwd=REPOSITORY,
            env=self._environment(),
            input=given,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, f"curfew {' '.join(arguments)} failed: {done.stderr}"
        return done.stdout

    @property
    def printed(self):
        """Everything that the program has printed, as bytes."""
        return self.log.read_bytes()

    @property
    def stored(self):
        """Everything that the database has on disk, as bytes."""
        return b"".join(file.read_bytes() for file in sorted(self.folder.glob("curfew.db*")))

    def _environment(self):
        # Only variables set by a test may reach the program, not the settings of the user who runs the tests.
        foreign = re.compile(r"ROCKET_|CURFEW_|(DATABASE_URL|REDIS_URL|SMTP_URL|RUST_LOG)$")
        inherited = {name: value for name, value in os.environ.items() if not foreign.match(name)}
        own = {
            "DATABASE_URL": f"sqlite:{self.folder / 'curfew.db'}",
            "ROCKET_ADDRESS": "127.0.0.1",
            "ROCKET_LOG_LEVEL": "debug",  # what must not be logged must not be logged here either
            "CURFEW_BCRYPT_COST": "4",
            # Thousands of generated logins fail, and would otherwise be throttled.
            "CURFEW_THROTTLE_LOGIN": "100000 per 1 minute",
        }
        return inherited | own | self.settings

    # Nothing signals that a program has begun to listen, so this polls.
    def _until_it_is_ready(self):
        end = time.monotonic() + PATIENCE_SECONDS
        while not (self._knows_its_address() and self.answers):
            if self._process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"The program is not ready.\n{self.printed.decode(errors='replace')}")
            time.sleep(0.02)

    def _knows_its_address(self):
        launched = re.search(rb"has launched from (http://127\.0\.0\.1:\d+)\n", self.printed)
        self.url = launched and launched.group(1).decode()
        return launched

    @property
    def answers(self):
        """Whether it is ready."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=PATIENCE_SECONDS):
                return True
        except (urllib.error.URLError, ConnectionError):
            return False  # not listening yet, or not ready


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
