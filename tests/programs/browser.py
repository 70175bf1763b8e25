"""A person in a browser, as API tests need one: logged in through the form."""

import re

import requests


def log_in_through_the_form(url, account):
    """Returns the session cookie and the browser's other cookies."""
    browser = requests.Session()
    form = browser.get(f"{url}/login", timeout=60).text
    fields = {
        "username": account.username,
        "password": account.password,
        "csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', form)[1],
    }
    answer = browser.post(f"{url}/login", data=fields, headers={"Origin": url}, allow_redirects=False, timeout=60)
    assert answer.status_code == 303, answer.text
    return browser


def is_logged_in(url, browser):
    return browser.get(f"{url}/account", allow_redirects=False, timeout=60).status_code == 200
