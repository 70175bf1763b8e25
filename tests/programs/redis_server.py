"""A temporary Redis, which writes to disk only when it is asked for its contents."""

import os
import socket
import subprocess
import time
from pathlib import Path

from server import PATIENCE_SECONDS, free_port

PROGRAM = Path(os.environ.get("CURFEW_TEST_REDIS", "/usr/bin/redis-server"))


class Redis:
    @staticmethod
    def is_installed():
        return PROGRAM.is_file()

    def __init__(self, folder):
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}"

    def start(self):
        options = {
            "--bind": "127.0.0.1",
            "--port": str(self._port),
            "--dir": str(self._folder),
            "--save": "",
            "--appendonly": "no",
            "--rdbcompression": "no",
        }
        self._process = subprocess.Popen(
            [PROGRAM, *(word for option in options.items() for word in option)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._until_it_listens()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self._process.kill()
        self._process.wait()

    @property
    def stored(self):
        """The whole contents, as bytes."""
        with self._connected() as connection:
            connection.sendall(b"SAVE\r\n")
            assert connection.recv(64) == b"+OK\r\n"
        return (self._folder / "dump.rdb").read_bytes()

    def _connected(self):
        return socket.create_connection(("127.0.0.1", self._port), PATIENCE_SECONDS)

    def _until_it_listens(self):
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._connected().close()
            except ConnectionRefusedError:
                assert self._process.poll() is None and time.monotonic() < end, "Redis does not listen"
                time.sleep(0.02)
