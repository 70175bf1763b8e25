"""The description of the API is complete: every response matches it, whatever the request."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from client import opaque
from server import REPOSITORY

HERE = Path(__file__).parent
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
PATIENCE_SECONDS = 300

# The users in the description's examples, and in generated_requests.toml.
PASSWORD = "correct horse battery staple"
PEOPLE = ["ana", "bea"]


@pytest.fixture
def people(site):
    for name in PEOPLE:
        site.make_user(username=name, password=PASSWORD)


@pytest.fixture
def superuser(site, client):
    """The token of a superuser whom no generated request affects."""
    keeper = site.make_user("--superuser", username="keeper-of-the-description")
    return client.make_token(keeper)["token"]


def test_the_description_is_public_and_equals_the_source(client):
    answer = client.ask("GET", "/api/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == json.loads((REPOSITORY / "src/api/openapi.json").read_text())


@pytest.mark.usefixtures("people")
def test_every_response_matches_the_description(site, client, superuser, tmp_path):
    command = [SCHEMATHESIS, "--config-file", HERE / "generated_requests.toml", "--no-color", "run"]
    done = subprocess.run(
        [*command, f"{site.url}/api/openapi.json"],
        cwd=tmp_path,
        env=os.environ | {"CURFEW_TEST_TOKEN": superuser},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stdout
    # The generated requests did change users, and stayed logged in to the end.
    for name in PEOPLE:
        user = client.ask("GET", f"/api/users/{name}", authorization=opaque(superuser))
        assert (user.status_code, bool(user.json().get("force_logout_date"))) == (200, True), name
