"""An address gets few letters of a kind per hour, whoever asks and whatever the mail server does."""


def is_settled(rows):
    """Whether every letter was sent, dropped, or put off until its address may get it."""
    return all(row[0] != "waiting" or row[3] == "limit" for row in rows)


def test_an_address_gets_three_letters_of_a_kind(mail, sites, database):
    server = mail()
    site = sites(server, nodes=2, **database)
    user, other = site.make_user(), site.make_user()
    for address in [user.email, user.email.upper(), user.email] * 4:
        site.outbox.put(user, address=address)
    site.outbox.put(other)
    site.outbox.put(user, kind="email-changed")
    rows = site.outbox.until(is_settled)
    assert [row[0] for row in rows].count("sent") == 5
    assert [row[0] for row in rows].count("waiting") == 1, "of the kind, until the address may get it"
    assert {row[3] for row in rows if row[0] == "dropped"} == {"limit"}
    received = [(to.lower(), letter["X-Curfew-Letter"]) for to, letter in zip(server.recipients, server.parsed())]
    assert received.count((user.email, "password-changed")) == 3
    assert received.count((user.email, "email-changed")) == 1


def test_letters_that_waited_for_the_mail_server_do_not_arrive_all_at_once(mail, sites):
    server = mail()
    server.at("rcpt", "450 4.2.0 greylisted", times=3)
    site = sites(server)
    user = site.make_user()
    site.outbox.put(user)
    site.outbox.put(user)
    site.outbox.put(user)
    site.outbox.until(lambda rows: all(row[1] >= 1 for row in rows))
    for _ in range(4):
        site.outbox.put(user)
    rows = site.outbox.until(is_settled)
    assert [row[0] for row in rows] == ["sent"] * 3 + ["waiting"] + ["dropped"] * 3
    assert len(server.letters) == 3


def test_a_letter_about_new_logins_is_sent_once_an_hour(mail, sites):
    server = mail()
    site = sites(server)
    user = site.make_user()
    for _ in range(5):
        site.outbox.put(user, kind="new-login")
    rows = site.outbox.until(is_settled)
    assert [row[0] for row in rows] == ["sent", "waiting"] + ["dropped"] * 3
