"""The outbox of a site, read and filled by SQL: on SQLite, or on a Postgres database of its own."""

import datetime
import json
import os
import secrets
import sqlite3
import time

import psycopg

from server import PATIENCE_SECONDS

COLUMNS = "kind, user_id, address, address_key, details, queued_at, due_at, state, origin"


class Outbox:
    def __init__(self, url):
        self._url = url

    def put(self, user, kind="password-changed", address=None, details=None, number=1, origin=None):
        """Queues letters to a user, each to an address of its own if there are several."""
        now = datetime.datetime.now(datetime.timezone.utc)
        if self._url.startswith("sqlite:"):
            now = now.isoformat()
        rows = []
        for count in range(number):
            to = address or (f"{user.username}+{count}@example.org" if number > 1 else user.email)
            found = self._read("SELECT id FROM curfew_users WHERE username = {0}", user.username)
            rows.append((kind, found[0][0], to, to.lower(), json.dumps(details or {}), now, now, "waiting", origin))
        marks = ", ".join(f"{{{number}}}" for number in range(9))
        self._write(f"INSERT INTO curfew_letters ({COLUMNS}) VALUES ({marks})", rows)

    def rows(self):
        """Each letter: its state, attempts, sendings and error."""
        return self._read("SELECT state, attempts, sendings, error FROM curfew_letters ORDER BY id")

    def let_all_be_due(self):
        """Spares the test the waits between two attempts."""
        now = datetime.datetime.now(datetime.timezone.utc)
        if self._url.startswith("sqlite:"):
            now = now.isoformat()
        self._write("UPDATE curfew_letters SET due_at = {0} WHERE due_at IS NOT NULL AND claimed_by IS NULL", [(now,)])

    # Nothing signals that a letter has been tried, so this polls.
    def until(self, is_so):
        end = time.monotonic() + PATIENCE_SECONDS
        while not is_so(rows := self.rows()):
            assert time.monotonic() < end, f"the outbox stays {rows}"
            time.sleep(0.02)
        return rows

    def _read(self, sql, *values):
        with self._connect() as connection:
            return connection.execute(self._dialect(sql), values).fetchall()

    def _write(self, sql, rows):
        with self._connect() as connection:
            connection.cursor().executemany(self._dialect(sql), rows)
            connection.commit()

    def _dialect(self, sql):
        is_sqlite = self._url.startswith("sqlite:")
        return sql.format(*(["?"] if is_sqlite else ["%s"]) * 9)

    def _connect(self):
        if self._url.startswith("sqlite:"):
            return ClosingSqlite(self._url.removeprefix("sqlite:"))
        return psycopg.connect(self._url)


class ClosingSqlite(sqlite3.Connection):
    """Unlike its base, it closes itself at the end of a `with`."""

    def __init__(self, path):
        super().__init__(path, timeout=PATIENCE_SECONDS)

    def __exit__(self, *error):
        super().__exit__(*error)
        self.close()


class Postgres:
    """A new database on the server that the tests use."""

    ADDRESS = os.environ.get("CURFEW_TEST_POSTGRES")

    def __init__(self):
        self.name = f"curfew_test_{secrets.token_hex(8)}"
        self.url = f"{self.ADDRESS.rpartition('/')[0]}/{self.name}"
        self._execute(f"CREATE DATABASE {self.name}")

    def drop(self):
        self._execute(f"DROP DATABASE {self.name} WITH (FORCE)")

    def _execute(self, sql):
        with psycopg.connect(self.ADDRESS, autocommit=True) as connection:
            connection.execute(sql)
