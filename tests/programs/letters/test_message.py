"""Letters are correct messages, whatever people have typed."""

import email
import email.policy
import re
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

import pytest

HOSTILE = [
    "see http://evil.example/reset or www.evil.example",
    "write to a@evil.example, mailto:a@evil.example",
    "</p><script>alert(1)</script><img src=//evil.example/x>",
    "=?utf-8?q?Bcc:_a@evil.example?= =?utf-8?b?QmNjOiBhQGV2aWwuZXhhbXBsZQ==?=",
    "a\r\nBcc: b@evil.example\r\n\r\n.\r\nQUIT",
    "\u202egnp.exe \u2066\u200b\u0007\u001b[31m",
    "{{ view.origin }} {% include 'base' %}",
    "w" * 64,
    "évil.example 例え.テスト 👩‍👩‍👧",
    ".\n..\n.evil",
]
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Curfew-Letter", "MIME-Version", "Content-Type"]
SITE_NAME = 'Riv"er, =?utf-8?q?x?= <b> évil.example'


class Page(HTMLParser):
    """The tags and the links of an HTML part."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.text = set(), [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.addresses += [value for name, value in attributes if name in ("href", "src", "action", "background")]

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(mail, sites, text):
    server = mail()
    site = sites(server, CURFEW_SITE_NAME=SITE_NAME)
    user = site.make_user(username="a.b-c_d+" + "e" * 56)
    details = {"user_agent": text, "user_reason": text, "new_email": text, "address": "192.0.2.7"}
    kinds = ("password-changed", "forced-out", "email-changed", "new-login", "deactivated")
    for kind in kinds:
        site.outbox.put(user, kind=kind, details=details)
    letters = server.wait_for(len(kinds))
    assert sorted(letter["X-Curfew-Letter"] for letter in letters) == sorted(kinds)
    for letter in letters:
        assert sorted(letter.keys()) == sorted(HEADERS)
        assert not list(letter.defects) and letter["Auto-Submitted"] == "auto-generated"
        assert [address.addr_spec for address in letter["To"].addresses] == [user.email]
        assert [address.addr_spec for address in letter["From"].addresses] == ["accounts@riverside.example"]
        assert decoded(letter, "From").replace("\u2060", "") == f"{SITE_NAME} <accounts@riverside.example>"
        assert decoded(letter, "Subject").replace("\u2060", "").count(SITE_NAME) == 1
        assert re.fullmatch(r"<\d+\.\d+@riverside\.example>", letter["Message-ID"])
        assert parsedate_to_datetime(letter["Date"])
        plain, page = (part.get_content() for part in letter.iter_parts())
        assert letter.get_content_type() == "multipart/alternative"
        page = Page(page)
        assert page.tags <= {"html", "head", "meta", "title", "style", "body", "div", "p", "h1", "dl", "dt", "dd"} | {
            "blockquote",
            "br",
            "a",
        }
        assert page.addresses and all(to.startswith("https://riverside.example/") for to in page.addresses)
        for shown in (plain, page.text):
            assert "evil.example" not in shown.replace("évil.example", "") and "www.evil" not in shown
            assert not re.search("[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f\u007f]", shown.replace("\r", ""))
            assert page.addresses[0] in shown
    raw = b"".join(server.letters)
    assert raw.isascii() and max(len(line) for line in raw.splitlines()) <= 78 + 2


def decoded(letter, name):
    """A header as mail programs show it. The parser of Python 3.11 puts spaces between encoded words in a name."""
    raw = email.message_from_bytes(letter.as_bytes(), policy=email.policy.compat32)[name]
    return str(make_header(decode_header(raw)))


def as_sent(header):
    """The text of a header in UTF-8 (RFC 6532)."""
    return str(header).encode("utf-8", "surrogateescape").decode()


def test_a_letter_reaches_an_internationalised_address(mail, sites):
    server = mail()
    site = sites(server)
    user = site.make_user()
    site.outbox.put(user, address="ana@bücher.example")
    site.outbox.put(user, address="δοκιμή@παράδειγμα.ελ")
    first, second = server.wait_for(2)
    assert first["To"] == "ana@xn--bcher-kva.example"
    assert as_sent(second["To"]) == "δοκιμή@xn--hxajbheg2az3al.xn--qxam"
    assert server.recipients == ["ana@xn--bcher-kva.example", "δοκιμή@xn--hxajbheg2az3al.xn--qxam"]


@pytest.mark.parametrize(("takes_utf8", "refusal"), [(False, None), (True, "553 5.6.7 no SMTPUTF8 here")])
def test_a_mail_server_without_internationalised_addresses_refuses_only_those(mail, sites, takes_utf8, refusal):
    server = mail(takes_utf8=takes_utf8)
    if refusal:
        server.at("mail", refusal)
    site = sites(server)
    user = site.make_user()
    site.outbox.put(user, address="δοκιμή@παράδειγμα.ελ")
    site.outbox.put(user)
    server.wait_for(1)
    first, second = site.outbox.until(lambda rows: all(row[0] != "waiting" for row in rows))
    assert first[0] == "failed" and (refusal or "ASCII") in first[3]
    assert second == ("sent", 1, 1, None), "it did not have to wait"


def test_links_lead_to_the_site_whatever_the_request_said(mail, sites):
    server = mail()
    site = sites(server)
    user = site.make_user()
    site.outbox.put(user, origin="https://evil.example")
    (letter,) = server.wait_for(1)
    assert "evil" not in letter.as_string() and "https://riverside.example/" in letter.get_body(("plain",)).get_content()


def test_without_a_mail_server_letters_are_files_and_lead_where_the_request_came_from(sites, tmp_path):
    site = sites(None)
    user = site.make_user()
    site.outbox.put(user, origin="http://localhost:4321")
    site.outbox.put(user)
    site.outbox.until(lambda rows: {row[0] for row in rows} == {"sent"})
    files = sorted((tmp_path / "mail").iterdir())
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700
    assert all(str(file).encode() in site.printed for file in files)
    first, second = (email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files)
    assert "http://localhost:4321/not-me/" in first.get_body(("plain",)).get_content()
    assert f"{site.url}/not-me/" in second.get_body(("plain",)).get_content()
