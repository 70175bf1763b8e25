"""Malformed requests are refused in the API's own format, before they have any effect."""

import json

import pytest
import requests

LOGINS = ["/api/token", "/api/token/refresh", "/api/token/revoke", "/api/auth-token"]
ACTS = ["/force-logout", "/deactivate", "/activate"]
# Slightly more than 32 KiB.
TOO_LARGE = json.dumps({"refresh": "a" * 33_000})


def problem(response):
    assert response.headers["Content-Type"].split(";")[0] == "application/problem+json", response.text
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize(
    "body", ["[]", '["ana", "x"]', "[null, null, null]", '["", "", ""]', '"ana"', "5", "null", "true"]
)
def test_a_body_must_be_an_object(client, member, staff, body):
    paths = LOGINS + [f"/api/users/{member.username}{act}" for act in ACTS]
    answers = {path: problem(client.send(path, body, authorization=staff)) for path in paths}
    assert answers == dict.fromkeys(paths, (400, "bad_request"))


@pytest.mark.parametrize("body", ["{", "{}}", "x", '{"refresh": "\\ud800"}', b"\xff", "[" * 20_000])
def test_a_body_must_be_json(client, member, staff, body):
    paths = LOGINS + [f"/api/users/{member.username}{act}" for act in ACTS]
    answers = {path: problem(client.send(path, body, authorization=staff)) for path in paths}
    assert answers == dict.fromkeys(paths, (400, "bad_request"))


def test_a_login_must_have_a_body(client):
    for path in LOGINS:
        assert problem(client.send(path, b"")) == (400, "bad_request"), path


def test_a_staff_action_may_have_no_body(client, member, staff):
    for act in ACTS:
        assert client.ask("POST", f"/api/users/{member.username}{act}", authorization=staff).status_code == 200, act


def test_a_large_body_is_not_read(client, member, staff):
    paths = LOGINS + [f"/api/users/{member.username}{act}" for act in ACTS]
    answers = {path: problem(client.send(path, TOO_LARGE, authorization=staff)) for path in paths}
    assert answers == dict.fromkeys(paths, (413, "too_large"))


@pytest.mark.parametrize("type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "x"])
def test_the_content_type_must_be_json(client, member, staff, type):
    paths = LOGINS + [f"/api/users/{member.username}{act}" for act in ACTS]
    answers = {path: problem(client.send(path, "{}", type, authorization=staff)) for path in paths}
    assert answers == dict.fromkeys(paths, (415, "unsupported_media_type"))


def test_a_field_error_is_listed_under_the_fields_name(client, member, staff):
    path = f"/api/users/{member.username}/force-logout"
    for field, value in [("staff_reason", "a" * 501), ("user_reason", "a\u202eb"), ("at", "tomorrow"), ("at", "")]:
        answer = client.ask("POST", path, {field: value}, staff)
        assert problem(answer) == (400, "bad_request"), field
        assert list(answer.json()["errors"]) == [field]


def test_a_wrong_method_is_answered_with_the_allowed_ones(client):
    for method, path, allowed in [
        ("PUT", "/api/me", "GET"),
        ("GET", "/api/token", "POST"),
        ("POST", "/api/tokens", "GET"),
    ]:
        answer = requests.request(method, client.url + path, timeout=60)
        assert problem(answer) == (405, "method_not_allowed"), path
        assert allowed in [word.strip() for word in answer.headers["Allow"].split(",")]


def test_an_unknown_path_is_a_problem_too(client):
    for path in ["/api/nothing", "/api/users", "/api/token/nothing"]:
        assert problem(requests.get(client.url + path, timeout=60)) == (404, "not_found"), path
