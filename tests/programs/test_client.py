"""The life cycle of an API login, as a client in another language sees it."""

import time

import jwt
import pytest

from browser import is_logged_in, log_in_through_the_form
from client import bearer, opaque, refusal


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


@pytest.mark.parametrize("name", ["username", "email"])
def test_a_client_logs_in_and_calls_the_api(client, member, name):
    pair = client.log_in(getattr(member, name), member.password)
    me = client.me(bearer(pair["access"]))
    assert me.status_code == 200, me.text
    assert me.json() == me.json() | {"id": pair["user_id"], "username": member.username, "email": member.email}
    assert (me.json()["is_staff"], me.json()["is_superuser"]) == (False, False)


def test_a_path_may_end_in_a_slash(client, member, pair):
    assert client.ask("GET", "/api/me/", authorization=bearer(pair["access"])).status_code == 200
    assert client.ask("POST", "/api/token/refresh/", {"refresh": pair["refresh"]}).status_code == 200
    body = {"username": member.username, "password": member.password}
    assert client.ask("POST", "/api/auth-token/", body).status_code == 201


def test_a_wrong_password_is_refused(client, member):
    body = {"username": member.username, "password": f"{member.password}x"}
    for path in ["/api/token", "/api/auth-token"]:
        assert refusal(client.ask("POST", path, body)) == ("bad_credentials", None)


def test_both_tokens_have_the_documented_claims(client, pair):
    for token, kind, lifetime in [(pair["access"], "access", 300), (pair["refresh"], "refresh", 86_400)]:
        header, claims = jwt.get_unverified_header(token), claims_of(token)
        assert header["alg"] == "HS256"
        assert header["kid"]
        assert claims["token_type"] == kind
        assert claims["sub"] == str(pair["user_id"])
        assert claims["exp"] - claims["iat"] == lifetime
        assert claims["nbf"] <= claims["iat"]
        assert abs(claims["iat"] - time.time()) < 60
        assert isinstance(claims["login_date"], int)
        assert abs(claims["login_date"] / 1_000_000 - time.time()) < 60
        assert claims["iss"]
        assert claims["aud"]
    assert claims_of(pair["access"])["jti"] != claims_of(pair["refresh"])["jti"]
    assert pair["expires_in"] == 300


def test_a_refreshed_login_continues(client, pair):
    answer = client.refresh(pair["refresh"])
    assert answer.status_code == 200, answer.text
    following = answer.json()
    assert following["refresh"] != pair["refresh"]
    assert client.me(bearer(following["access"])).status_code == 200
    logins = {claims_of(token)["login_date"] for token in (pair["access"], following["access"], following["refresh"])}
    assert len(logins) == 1, "a refresh must not create a login"


def test_a_used_refresh_token_has_one_successor(client, pair):
    first, second = client.refresh(pair["refresh"]), client.refresh(pair["refresh"])
    assert (first.status_code, second.status_code) == (200, 200), second.text
    assert first.json()["refresh"] == second.json()["refresh"]
    assert client.me(bearer(second.json()["access"])).status_code == 200
    assert client.refresh(first.json()["refresh"]).status_code == 200


def test_a_revoked_login_has_ended(client, pair):
    revoke = {"refresh": pair["refresh"]}
    assert client.ask("POST", "/api/token/revoke", revoke).status_code == 204
    assert refusal(client.me(bearer(pair["access"]))) == ("session_ended", "logged-out")
    assert refusal(client.refresh(pair["refresh"])) == ("session_ended", "logged-out")
    assert client.ask("POST", "/api/token/revoke", revoke).status_code == 204
    assert client.ask("POST", "/api/token/revoke", {"refresh": "no token"}).status_code == 204


def test_an_access_token_expires(node, member):
    client = node(CURFEW_ACCESS_TOKEN_LIFETIME="1 s")
    pair = client.log_in(member.username, member.password)
    assert pair["expires_in"] == 1
    end = time.monotonic() + 30
    while (answer := client.me(bearer(pair["access"]))).status_code == 200:
        assert time.monotonic() < end, "the token did not expire in time"
        time.sleep(0.1)
    assert refusal(answer) == ("token_expired", "expired")
    assert client.refresh(pair["refresh"]).status_code == 200


def test_an_opaque_token_authenticates_is_listed_and_can_be_ended(client, member):
    token, other = client.make_token(member, "backup"), client.make_token(member, "phone")
    own = opaque(token["token"])
    assert client.me(own).json()["username"] == member.username
    listed = client.ask("GET", "/api/tokens", authorization=own).json()["tokens"]
    assert {(row["id"], row["label"], row["is_current"]) for row in listed} == {
        (token["id"], "backup", True),
        (other["id"], "phone", False),
    }
    path = f"/api/tokens/{other['id']}"
    assert client.ask("DELETE", path, authorization=own).status_code == 204
    assert refusal(client.me(opaque(other["token"]))) == ("session_ended", "ended-by-user")
    assert client.me(own).status_code == 200


def test_nobody_can_end_another_users_token(site, client, member):
    token, other = client.make_token(member), client.make_token(site.make_user())
    path = f"/api/tokens/{token['id']}"
    assert client.ask("DELETE", path, authorization=opaque(other["token"])).status_code == 404
    assert client.me(opaque(token["token"])).status_code == 200


def test_a_client_lists_and_ends_the_sessions_of_its_account(site, client, member, pair):
    browser, other = (log_in_through_the_form(site.url, user) for user in (member, site.make_user()))
    own = bearer(pair["access"])
    sessions = client.ask("GET", "/api/sessions", authorization=own).json()["sessions"]
    assert [session["address"] for session in sessions] == ["127.0.0.1"], "the other account's session is not listed"
    path = f"/api/sessions/{sessions[0]['id']}"
    theirs = opaque(client.make_token(site.make_user())["token"])
    assert client.ask("DELETE", path, authorization=theirs).status_code == 404
    assert is_logged_in(site.url, browser)
    assert client.ask("DELETE", path, authorization=own).status_code == 204
    assert not is_logged_in(site.url, browser)
    assert is_logged_in(site.url, other)


def test_the_tokens_are_neither_logged_nor_stored(site, redis, client, member, pair):
    token = client.make_token(member)["token"]
    following = client.refresh(pair["refresh"]).json()
    for call in [opaque(token), bearer(pair["access"]), bearer(following["access"])]:
        assert client.me(call).status_code == 200
    # The secret part of a token: all of an opaque token, the signature of a JWT.
    secrets = [token, token[-24:]]
    secrets += [jwts[name].rsplit(".", 1)[1] for jwts in (pair, following) for name in ("access", "refresh")]
    places = {"the log": site.printed, "the database": site.stored, "Redis": redis.stored if redis else b""}
    assert site.log.stat().st_size
    assert member.username.encode() in places["the database"]
    for place, held in places.items():
        assert not [secret for secret in secrets if secret.encode() in held], f"a token is in {place}"
