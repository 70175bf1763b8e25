"""The guide's example with curl: a login, a call, a refresh and a force logout."""

import json
import os
import re
import shutil
import subprocess

import pytest

from server import PATIENCE_SECONDS, REPOSITORY


def block(first_line):
    """The guide's one code block with this first line."""
    guide = (REPOSITORY / "src/guide/api.md").read_text()
    blocks = re.findall(r"^```[\w,]*\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)
    (found,) = [block for block in blocks if block.startswith(f"{first_line}\n")]
    return found


def objects(text):
    """The JSON objects that stand one after another in a text."""
    decoder, rest = json.JSONDecoder(), text.lstrip()
    while rest:
        value, end = decoder.raw_decode(rest)
        yield value
        rest = rest[end:].lstrip()


def test_the_curl_example_works(site, redis):
    for tool in ("curl", "jq"):
        if shutil.which(tool) is None:
            assert "CURFEW_TEST_TOOLS" not in os.environ, f"{tool} is missing"
            pytest.skip(f"there is no {tool}")
    ada = site.make_user("--superuser", username="ada")
    script = block("# programs.sh").replace("http://127.0.0.1:8000", site.url)
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        input=f"{ada.password}\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    me, forced_out, with_jwt, with_token = objects(done.stdout.removeprefix("Password of ada: "))
    assert me["username"] == "ada"
    assert (forced_out["sessions_ended"], forced_out["tokens_ended"]) == (0, 2)
    for refused in (with_jwt, with_token):
        assert (refused["code"], refused["reason"]) == ("session_ended", "forced-out")
        assert refused["user_reason"] == "Your laptop was reported lost."
