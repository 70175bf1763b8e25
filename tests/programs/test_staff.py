"""What staff can do to an account over the API, for example from an offboarding script."""

import pytest

from browser import is_logged_in, log_in_through_the_form
from client import bearer, opaque, refusal

FORCED_OUT = ("session_ended", "forced-out")


def test_a_force_logout_by_staff_ends_every_login_at_the_next_request(site, client, member, pair, staff):
    browser = log_in_through_the_form(site.url, member)
    calls = [bearer(pair["access"]), opaque(client.make_token(member)["token"])]
    assert [client.me(call).status_code for call in calls] == [200, 200]

    path = f"/api/users/{member.email}/force-logout"
    body = {"staff_reason": "Laptop lost.", "user_reason": "Please log in again."}
    answer = client.ask("POST", path, body, staff)
    assert answer.status_code == 200, answer.text
    assert answer.json()["force_logout_date"]
    assert (answer.json()["sessions_ended"], answer.json()["tokens_ended"]) == (1, 2)
    assert not is_logged_in(site.url, browser)

    ends = [*map(client.me, calls), client.refresh(pair["refresh"])]
    assert [refusal(end) for end in ends] == [FORCED_OUT] * 3
    assert [end.json().get("user_reason") for end in ends] == [body["user_reason"]] * 3
    assert all("Laptop" not in end.text for end in ends), "the staff reason must not reach the user"

    pair = client.log_in(member.username, member.password)
    assert client.me(bearer(pair["access"])).status_code == 200, "a later login must stay valid"


@pytest.mark.parametrize("at", ["2099-03-01T14:30", "2099-03-01T14:30:00", "2099-03-01T15:30:00+01:00"])
def test_a_force_logout_can_be_scheduled(client, member, staff, at):
    answer = client.ask("POST", f"/api/users/{member.username}/force-logout", {"at": at}, staff)
    assert answer.status_code == 200, answer.text
    assert answer.json()["force_logout_scheduled"].startswith("2099-03-01T14:30:00")
    assert answer.json()["force_logout_date"] is None


def test_staff_deactivate_and_activate(client, member, pair, staff):
    path = f"/api/users/{member.username}"
    answer = client.ask("POST", f"{path}/deactivate", {"user_reason": "Left."}, staff)
    assert (answer.status_code, answer.json()["is_active"], answer.json()["live_tokens"]) == (200, False, 0)
    assert refusal(client.me(bearer(pair["access"]))) == ("session_ended", "deactivated")
    login = client.ask("POST", "/api/token", {"username": member.username, "password": member.password})
    assert (login.status_code, login.json()["code"], login.json()["reason"]) == (403, "forbidden", "deactivated")
    answer = client.ask("POST", f"{path}/activate", authorization=staff)
    assert (answer.status_code, answer.json()["is_active"]) == (200, True)
    assert client.log_in(member.username, member.password)


def test_members_may_not_use_staff_endpoints(site, client, member, staff):
    own = opaque(client.make_token(member)["token"])
    path = f"/api/users/{site.make_user('--staff').username}"
    for act in ["force-logout", "deactivate", "activate"]:
        for authorization in [own, staff]:
            answer = client.ask("POST", f"{path}/{act}", {}, authorization)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), act
    assert client.ask("GET", path, authorization=own).status_code == 403
    assert client.ask("GET", "/api/users/nobody", authorization=staff).status_code == 404
