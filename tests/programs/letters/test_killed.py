"""A node that is killed loses no letter, and sends none more than twice."""

import pytest

from mail_server import STEPS, Hold, Release


@pytest.mark.waits
@pytest.mark.parametrize("step", STEPS)
def test_the_letters_of_a_killed_node_are_taken_over(mail, sites, step):
    server = mail()
    hold = server.at(step, Hold())
    site = sites(server, nodes=2)
    user = site.make_user()
    site.outbox.put(user, number=3)
    hold.wait()
    busy = next(node for node in site.nodes if node.has_connection_from(hold.port))
    busy.kill()
    server.wait_for(4 if step == "content" else 3)
    rows = site.outbox.until(lambda rows: {row[0] for row in rows} == {"sent"})
    copies = sorted(server.recipients.count(address) for address in set(server.recipients))
    assert copies == ([1, 1, 2] if step == "content" else [1, 1, 1]), (copies, rows)


@pytest.mark.waits
def test_a_letter_whose_nodes_are_killed_twice_is_not_sent_a_third_time(mail, sites):
    server = mail()
    site = sites(server)
    user = site.make_user()
    for number in range(2):
        hold = server.at("content", Hold())
        if number == 0:
            site.outbox.put(user)
        hold.wait()
        site.kill()
        site.start()
    rows = site.outbox.until(lambda rows: rows[0][0] == "failed")
    assert rows == [("failed", 2, 2, "unknown-outcome")]
    assert len(server.letters) == 2


def test_a_node_that_is_stopped_finishes_its_letter(mail, sites):
    server = mail()
    release = server.at("content", Release())
    site = sites(server)
    site.outbox.put(site.make_user(), number=5)
    release.reached.wait()
    site.terminate()
    site.until_it_refuses_connections()
    release.let_go()
    site.wait()
    rows = site.outbox.rows()
    assert rows[0] == ("sent", 1, 1, None)
    assert all(sendings == 0 for _, _, sendings, _ in rows[1:]), rows
    assert len(server.letters) == 1


def test_two_nodes_send_each_letter_once(mail, sites, database):
    server = mail()
    site = sites(server, nodes=2, **database)
    user = site.make_user()
    site.outbox.put(user, number=60)
    server.wait_for(60)
    site.outbox.until(lambda rows: {row[0] for row in rows} == {"sent"})
    assert len(server.letters) == len(set(server.recipients)) == 60
