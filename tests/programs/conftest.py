"""Shared fixtures: the program, with and without Redis, and a client of its API."""

import os

import pytest

from client import Client, opaque
from description import Description
from redis_server import Redis
from server import Server


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("waits") is None)


@pytest.fixture(scope="session", params=["memory", "redis"])
def redis(request, tmp_path_factory):
    """A Redis for this site, or none."""
    if request.param == "memory":
        yield None
        return
    if not Redis.is_installed():
        assert "CURFEW_TEST_TOOLS" not in os.environ, "redis-server is missing"
        pytest.skip("there is no redis-server")
    redis = Redis(tmp_path_factory.mktemp("redis"))
    redis.start()
    yield redis
    redis.stop()


@pytest.fixture(scope="session")
def site(redis, tmp_path_factory):
    """The running program, with a site that has no users."""
    site = Server(tmp_path_factory.mktemp("site"), {"REDIS_URL": redis.url} if redis else {})
    site.start()
    yield site
    site.stop()
    assert b"panicked" not in site.printed, site.printed.decode(errors="replace")


@pytest.fixture(scope="session")
def description(site):
    return Description(site.url)


@pytest.fixture
def client(site, description):
    return Client(site.url, description)


@pytest.fixture
def member(site):
    """A new member without a login."""
    return site.make_user()


@pytest.fixture
def pair(client, member):
    """The member's JWT pair."""
    return client.log_in(member.username, member.password)


@pytest.fixture
def staff(site, client):
    """The `Authorization` of a staff user, who may manage members."""
    return opaque(client.make_token(site.make_user("--staff"))["token"])


@pytest.fixture
def node(site, description):
    """Starts another node of the site with its own settings, and returns a client of it."""
    nodes = []

    def start(**settings):
        other = site.another(**settings)
        other.start()
        nodes.append(other)
        return Client(other.url, description)

    yield start
    for other in nodes:
        other.stop()
