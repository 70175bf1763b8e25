"""Whatever is not a token of the site lets nobody in, and makes the site contact nobody."""

import base64
import hashlib
import hmac
import json
import socket

import jwt
import pytest

from browser import log_in_through_the_form
from client import bearer, opaque, refusal

FORGED = ("token_invalid", None)
# The attacker's key, long enough for each algorithm.
KEY = "k" * 64


@pytest.fixture
def listener():
    """A server of the attacker. The site must not connect to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        yield server
        with pytest.raises(TimeoutError):
            server.accept()


def parts(token):
    """Returns the header and the claims."""
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def packed(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned_token(header, claims, signature=b""):
    """Builds a token that PyJWT refuses to build."""
    return ".".join([packed(json.dumps(header).encode()), packed(json.dumps(claims).encode()), packed(signature)])


def signed(header, claims, key):
    """The same, signed with HS256 under any key."""
    unsigned = unsigned_token(header, claims).rsplit(".", 1)[0]
    return f"{unsigned}.{packed(hmac.digest(key, unsigned.encode(), hashlib.sha256))}"


def test_the_forging_helpers_build_well_formed_tokens(client, pair):
    header, claims = parts(pair["access"])
    assert parts(unsigned_token(header, claims)) == (header, claims)
    assert jwt.decode(signed(header, claims, KEY.encode()), KEY, ["HS256"], audience=claims["aud"]) == claims
    assert client.me(bearer(pair["access"])).status_code == 200


def test_a_token_without_a_signature_is_refused(client, pair):
    header, claims = parts(pair["access"])
    forged = [jwt.encode(claims, None, algorithm="none", headers={"kid": header["kid"]})]
    forged += [unsigned_token(header | {"alg": alg}, claims) for alg in ("none", "None", "NONE", "nOnE", "", "HS256")]
    forged += [unsigned_token({"typ": "JWT"}, claims), pair["access"].rsplit(".", 1)[0] + "."]
    assert [refusal(client.me(bearer(token))) for token in forged] == [FORGED] * len(forged)


def test_a_token_signed_with_another_key_is_refused(client, pair):
    header, claims = parts(pair["access"])
    kid = header["kid"]
    forged = [jwt.encode(claims, KEY, algorithm=alg, headers={"kid": kid}) for alg in ("HS256", "HS384", "HS512")]
    forged += [jwt.encode(claims, KEY, algorithm="HS256")]
    forged += [signed(header, claims, key) for key in (b"", b"secret", kid.encode(), bytes(32), bytes(64))]
    assert [refusal(client.me(bearer(token))) for token in forged] == [FORGED] * len(forged)


def test_a_changed_token_is_refused(client, pair):
    header, claims = parts(pair["access"])
    signature = base64.urlsafe_b64decode(pair["access"].rsplit(".", 1)[1] + "==")
    late = {name: value for name, value in claims.items() if name != "exp"}
    forged = [unsigned_token(header, changed, signature) for changed in (claims | {"sub": "1"}, late, {}, [])]
    forged += [unsigned_token(header | {"alg": alg}, claims, signature) for alg in ("HS384", "HS512", "RS256", "ES256")]
    assert [refusal(client.me(bearer(token))) for token in forged] == [FORGED] * len(forged)


@pytest.mark.parametrize("kid", ["", "unknown", "../../../../dev/null", "' OR 1=1 --", "a" * 2_000, "http"])
def test_a_key_id_in_the_header_is_not_looked_up(client, pair, listener, kid):
    header, claims = parts(pair["access"])
    if kid == "http":
        kid = f"http://127.0.0.1:{listener.getsockname()[1]}/key"
    forged = [
        jwt.encode(claims, KEY, algorithm="HS256", headers={"kid": kid}),
        signed(header | {"kid": kid}, claims, b""),
    ]
    assert [refusal(client.me(bearer(token))) for token in forged] == [FORGED] * 2


@pytest.mark.parametrize("place", ["jku", "x5u", "jwk", "jwk-and-jku"])
def test_a_key_in_the_header_is_not_used(client, pair, listener, place):
    header, claims = parts(pair["access"])
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/jwks.json"
    own_key = {"kty": "oct", "alg": "HS256", "kid": header["kid"], "k": packed(KEY.encode())}
    brought = {"jwk": {"jwk": own_key}, "jwk-and-jku": {"jwk": own_key, "jku": address}}.get(place, {place: address})
    forged = jwt.encode(claims, KEY, algorithm="HS256", headers=brought | {"kid": header["kid"]})
    assert refusal(client.me(bearer(forged))) == FORGED
    assert refusal(client.refresh(forged)) == FORGED


def test_each_token_works_only_for_its_own_purpose(client, member, pair):
    token = client.make_token(member)["token"]
    for call in [bearer(pair["refresh"]), bearer(token), opaque(pair["access"]), opaque(pair["refresh"])]:
        assert refusal(client.me(call)) == FORGED, call.split()[0]
    for not_refresh in [pair["access"], token]:
        assert refusal(client.refresh(not_refresh)) == FORGED


def test_a_token_for_another_audience_is_refused(client, node, member):
    elsewhere = node(CURFEW_BASE_URL="https://elsewhere.example")
    theirs = elsewhere.log_in(member.username, member.password)
    assert elsewhere.me(bearer(theirs["access"])).status_code == 200
    assert refusal(client.me(bearer(theirs["access"]))) == FORGED
    assert refusal(client.refresh(theirs["refresh"])) == FORGED


@pytest.mark.parametrize("token", ["x", "..", "a.b.c", "e30.e30.e30", "a" * 4_000, "null", "curfew_", "0" * 40])
def test_garbage_is_refused(client, token):
    assert refusal(client.me(bearer(token))) == FORGED
    assert refusal(client.me(opaque(token))) == FORGED
    assert refusal(client.refresh(token)) == FORGED


@pytest.mark.parametrize("header", ["", "Bearer", "Token", "Bearer ", "Basic YW5hOng=", "Bearer a b", "Token,Bearer"])
def test_a_malformed_authorization_header_is_refused(client, header):
    code, _ = refusal(client.me(header))
    assert code in ("not_authenticated", "token_invalid")


def test_two_authorization_headers_are_refused(client, member, pair):
    one, other = bearer(pair["access"]), opaque(client.make_token(member)["token"])
    for pair_of_headers in [(one, one), (one, other), (other, one), (one, "Bearer x"), ("Bearer x", one)]:
        status, problem = client.me_with_headers([("Authorization", value) for value in pair_of_headers])
        assert status == 401
        assert problem["code"] in ("not_authenticated", "token_invalid")


def test_a_header_that_is_not_text_is_refused(client):
    for value in [b"Bearer \xff\xfe", b"Token \xc3\xa9", b"\xff"]:
        status, problem = client.me_with_headers([("Authorization", value)])
        assert status == 401
        assert problem["code"] in ("not_authenticated", "token_invalid")


def test_a_session_cookie_does_not_authenticate_api_calls(site, client, member):
    cookie = log_in_through_the_form(site.url, member).cookies["curfew"]
    assert refusal(client.me(cookies={"curfew": cookie})) == ("not_authenticated", None)
    assert refusal(client.me(bearer(cookie))) == FORGED
    assert refusal(client.me(opaque(cookie))) == FORGED
    assert refusal(client.refresh(cookie)) == FORGED
