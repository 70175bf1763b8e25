"""An API client that knows only the description of the API."""

import http.client
import json
from urllib.parse import urlsplit

import requests


class Client:
    """Every response must match the description, and must never be a 500."""

    def __init__(self, url, description):
        self.url = url
        self._description = description

    def ask(self, method, path, body=None, authorization=None, cookies=None):
        headers = {"Authorization": authorization} if authorization is not None else {}
        response = requests.request(
            method, self.url + path, json=body, headers=headers, cookies=cookies, allow_redirects=False, timeout=60
        )
        self._description.must_cover(method, path.rstrip("/"), response)
        return response

    def send(self, path, raw, content_type="application/json", authorization=None):
        """Posts a raw body, which may be empty."""
        headers = {"Content-Type": content_type, "Authorization": authorization}
        response = requests.post(self.url + path, data=raw, headers=headers, allow_redirects=False, timeout=60)
        self._description.must_cover("POST", path, response)
        return response

    def log_in(self, name, password):
        """Logs in with JWT and returns the response."""
        return self._got(200, self.ask("POST", "/api/token", {"username": name, "password": password}))

    def refresh(self, refresh):
        return self.ask("POST", "/api/token/refresh", {"refresh": refresh})

    def make_token(self, account, label="test"):
        """Logs in with an opaque token and returns the response."""
        body = {"username": account.username, "password": account.password, "label": label}
        return self._got(201, self.ask("POST", "/api/auth-token", body))

    def me(self, authorization=None, cookies=None):
        return self.ask("GET", "/api/me", authorization=authorization, cookies=cookies)

    def me_with_headers(self, headers):
        """Returns status and body. For headers in a form that `requests` does not send."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.putrequest("GET", "/api/me")
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    @staticmethod
    def _got(status, response):
        assert response.status_code == status, response.text
        return response.json()


def bearer(token):
    return f"Bearer {token}"


def opaque(token):
    return f"Token {token}"


def refusal(response):
    """Returns the code of a 401, and the reason if the login has ended."""
    assert response.status_code == 401, response.text
    problem = response.json()
    return problem["code"], problem.get("reason")
