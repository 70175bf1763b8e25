"""Letters reach the mail server, whatever it does."""

import base64

import pytest

from mail_server import Die, Hold, Quote, Release, make_context

# Of one node, as in src/site/letters/sending.rs.
MOST_CONNECTIONS = 16


@pytest.mark.parametrize(
    ("encryption", "needs_password"),
    [("none", False), ("starttls", False), ("starttls", True), ("implicit", False), ("implicit", True)],
)
def test_a_letter_is_sent(mail, sites, encryption, needs_password):
    server = mail(encryption=encryption, needs_password=needs_password)
    site = sites(server)
    user = site.make_user()
    site.outbox.put(user)
    (letter,) = server.wait_for(1)
    assert letter["To"] == user.email and letter["From"] == "Curfew <accounts@riverside.example>"
    assert server.recipients == [user.email]
    assert site.outbox.until(lambda rows: rows[0][0] == "sent") == [("sent", 1, 1, None)]


def test_a_site_never_falls_back_to_an_unencrypted_connection(mail, sites):
    server = mail()
    site = sites(server, SMTP_URL=server.url.replace("tls=none", "tls=required"))
    site.outbox.put(site.make_user())
    ((state, _, sendings, error),) = site.outbox.until(lambda rows: rows[0][3])
    assert (state, sendings) == ("waiting", 0) and "STARTTLS" in error
    assert not server.letters


def test_a_mail_server_with_an_unknown_certificate_gets_no_letter(mail, sites, tmp_path):
    server = mail(encryption="implicit")
    other = tmp_path / "other.pem"
    make_context(other)
    site = sites(server, SSL_CERT_FILE=str(other))
    site.outbox.put(site.make_user())
    ((state, _, sendings, error),) = site.outbox.until(lambda rows: rows[0][3])
    assert (state, sendings) == ("waiting", 0) and "certificate" in error
    assert not server.letters


def test_a_wrong_password_lets_letters_wait(mail, sites):
    server = mail(encryption="implicit", needs_password=True)
    site = sites(server, SMTP_URL=server.url.replace("tanger", "wrong"))
    site.outbox.put(site.make_user())
    ((state, _, sendings, error),) = site.outbox.until(lambda rows: rows[0][3])
    assert (state, sendings, error) == ("waiting", 0, "535 5.7.8 bad: …")
    sent = base64.b64encode(b"\0riverside\0wrong:ine@31")
    for secret in (b"wrong%3Aine", b"wrong:ine", sent):
        assert secret not in site.printed + site.stored


def test_a_greylisted_letter_is_sent_later(mail, sites):
    server = mail()
    server.at("rcpt", "450 4.2.0 greylisted, come back later")
    site = sites(server)
    site.outbox.put(site.make_user())
    server.wait_for(1)
    assert site.outbox.until(lambda rows: rows[0][0] == "sent") == [("sent", 2, 1, None)]
    assert len(server.letters) == 1


def test_a_refused_address_stops_its_letter_and_no_other(mail, sites):
    server = mail()
    server.at("rcpt", "550 5.1.1 no such mailbox", times=40)
    site = sites(server)
    user = site.make_user()
    site.outbox.put(user, number=41)
    server.wait_for(1)
    rows = sorted(site.outbox.until(lambda rows: all(row[0] != "waiting" for row in rows)))
    assert rows == [("failed", 1, 0, "550 5.1.1 no such mailbox")] * 40 + [("sent", 1, 1, None)]
    assert server.greetings <= MOST_CONNECTIONS, "a refusal does not cost the connection"


def test_a_refusal_counts_although_the_next_answer_never_comes(mail, sites):
    server = mail()
    server.at("rcpt", "550 5.1.1 no such mailbox")
    server.at("rset", Hold())
    site = sites(server)
    site.outbox.put(site.make_user(), number=2)
    rows = site.outbox.until(lambda rows: all(row[0] != "waiting" for row in rows))
    assert sorted(rows) == [("failed", 1, 0, "550 5.1.1 no such mailbox"), ("sent", 1, 1, None)]


def test_an_answer_after_the_letter_counts(mail, sites):
    server = mail()
    server.at("content", "451 4.3.0 try again")
    server.at("content", "554 5.7.1 looks like spam: https://riverside.example/x")
    site = sites(server)
    site.outbox.put(site.make_user())
    site.outbox.until(lambda rows: rows[0][1:3] == (1, 0) and rows[0][3])
    ((state, attempts, _, error),) = site.outbox.until(lambda rows: rows[0][0] == "failed")
    assert (state, attempts) == ("failed", 2) and error.startswith("554 5.7.1 looks like spam")
    assert not server.letters


def test_an_answer_that_quotes_the_link_is_not_stored(mail, sites):
    server = mail()
    refusal = server.at("content", Quote())
    site = sites(server)
    site.outbox.put(site.make_user())
    ((_, _, _, error),) = site.outbox.until(lambda rows: rows[0][0] == "failed")
    assert error == "554 5.7.1 spam: …"
    assert refusal.token and refusal.token.encode() not in site.stored + site.printed


@pytest.mark.parametrize("step", ["connect", "ehlo", "mail", "rcpt", "data", "middle", "content"])
def test_a_mail_server_that_dies_gets_the_letter_later(mail, sites, step):
    server = mail()
    server.at(step, Die())
    site = sites(server)
    site.outbox.put(site.make_user())
    server.wait_for(2 if step == "content" else 1)
    ((state, attempts, sendings, error),) = site.outbox.until(lambda rows: rows[0][0] == "sent")
    assert (state, attempts, error) == ("sent", 2, None)
    assert sendings == (2 if step in ("middle", "content") else 1)
    assert len({letter["Message-ID"] for letter in server.parsed()}) == 1


def test_a_letter_with_two_unknown_outcomes_is_given_up(mail, sites):
    server = mail()
    server.at("content", Die(), times=2)
    site = sites(server)
    site.outbox.put(site.make_user())
    rows = site.outbox.until(lambda rows: rows[0][0] == "failed")
    assert rows == [("failed", 2, 2, "unknown-outcome")]
    assert len(server.letters) == 2


@pytest.mark.parametrize(
    ("step", "action"),
    [
        ("rcpt", "421 4.7.0 not for this recipient"),
        ("rcpt", Die()),
        pytest.param("rcpt", Hold(), marks=pytest.mark.waits),
        ("content", Die()),
    ],
)
def test_a_letter_that_loses_the_connection_holds_up_no_other(mail, sites, step, action):
    server = mail()
    server.at(step, action)
    site = sites(server)
    site.outbox.put(site.make_user(), number=40)
    rows = site.outbox.until(lambda rows: {row[0] for row in rows} == {"sent"})
    assert sorted(row[1] for row in rows) == [1] * 39 + [2]
    # One more for the letter that lost its connection, and one more for its second attempt.
    assert server.greetings <= MOST_CONNECTIONS + 2, "the others share connections"


@pytest.mark.parametrize("step", ["rcpt", "content"])
def test_a_letter_that_the_mail_server_holds_up_holds_up_no_other(mail, sites, step):
    server = mail()
    release = server.at(step, Release(), times=5)
    site = sites(server)
    site.outbox.put(site.make_user(), number=7)
    release.reached.wait()
    rows = site.outbox.until(lambda rows: sum(row[0] == "sent" for row in rows) == 2)
    sendings = 1 if step == "content" else 0
    assert sorted(rows) == [("sent", 1, 1, None)] * 2 + [("waiting", 1, sendings, None)] * 5
    release.let_go()
    rows = site.outbox.until(lambda rows: {row[0] for row in rows} == {"sent"})
    assert rows == [("sent", 1, 1, None)] * 7


@pytest.mark.waits
@pytest.mark.parametrize("step", ["connect", "rcpt"])
def test_a_mail_server_that_hangs_holds_up_no_page(mail, sites, step):
    server = mail()
    hold = server.at(step, Hold())
    site = sites(server)
    user = site.make_user()
    site.outbox.put(user)
    hold.wait()
    # The sender waits for the mail server now. A command and a page do not.
    site.make_user()
    assert site.answers
    server.wait_for(1)
    assert site.outbox.until(lambda rows: rows[0][0] == "sent")[0][:2] == ("sent", 2)


def test_a_mail_server_that_never_closes_gets_the_next_letters(mail, sites):
    server = mail()
    server.at("quit", Hold(), times=2)
    site = sites(server)
    user = site.make_user()
    for number in range(1, 4):
        site.outbox.put(user, address=f"{user.username}+{number}@example.org")
        server.wait_for(number)
    assert len(server.letters) == 3


def test_letters_wait_while_the_mail_server_is_gone(mail, sites):
    server = mail()
    server.stop()
    site = sites(server)
    site.outbox.put(site.make_user(), number=20)
    site.outbox.until(lambda rows: all(row[3] for row in rows))
    server.start()
    site.outbox.let_all_be_due()
    server.wait_for(20)
    site.outbox.until(lambda rows: {row[0] for row in rows} == {"sent"})
    assert len(server.letters) == 20
    waits = [line for line in site.printed.splitlines() if b"letters wait" in line]
    assert len(waits) == 1 and b"Connection refused" in waits[0], waits
