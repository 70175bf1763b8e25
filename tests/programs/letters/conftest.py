"""Shared fixtures: a mail server, and sites that send their letters to it."""

import base64
import os
import secrets

import pytest

from mail_server import MailServer
from outbox import Outbox, Postgres
from server import Server


@pytest.fixture
def mail(tmp_path):
    """Starts a mail server."""
    servers = []

    def start(**options):
        server = MailServer(tmp_path, **options)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """The settings of a database."""
    if request.param == "sqlite":
        yield {"DATABASE_URL": f"sqlite:{tmp_path / 'curfew.db'}"}
        return
    if Postgres.ADDRESS is None:
        pytest.skip("CURFEW_TEST_POSTGRES names no server")
    postgres = Postgres()
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    yield {"DATABASE_URL": postgres.url, "ROCKET_SECRET_KEY": key}
    postgres.drop()


@pytest.fixture
def sites(tmp_path):
    """Starts a site, or nodes of one, with an outbox."""
    started = []

    def start(mail, nodes=1, **settings):
        first = Server(tmp_path, (mail.settings if mail else {}) | settings)
        first.outbox = Outbox(settings.get("DATABASE_URL", f"sqlite:{tmp_path / 'curfew.db'}"))
        first.start()
        first.nodes = [first] + [first.another() for _ in range(nodes - 1)]
        started.extend(first.nodes)
        for other in first.nodes[1:]:
            other.start()
        return first

    yield start
    for site in started:
        if site.is_running:
            site.stop()
        assert b"panicked" not in site.printed, site.printed.decode(errors="replace")
