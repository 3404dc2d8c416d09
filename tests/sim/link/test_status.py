# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What `efasim status` says of links."""
import re

from support.programs import wait_until

PATIENT = "preset = efa-0xefa1\npeer_timeout = 30s\n"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def await_state(fabric, instance, is_up):
    wait_until(lambda: [link["is_up"] for link in fabric.status(instance)["links"]] == [is_up],
               lambda: f"links that are {'up' if is_up else 'down'}: {fabric.status(instance)}")


def test_a_link_goes_up_and_down(fabric, ports, wire):
    one = wire(ports[0])
    second = fabric.start("host1", "--peer", one.address, config=PATIENT)
    link = {"peer": one.address, "is_up": False, "since": "", "sent": 0, "received": 0, "lost": 0,
            "reconnects": 0}
    status = fabric.status(second)
    assert re.fullmatch(TIME, status["links"][0]["since"]), status
    assert status == {"process": second.process.pid, "adapters": 1, "clients": 0,
                      "links": [{**link, "since": status["links"][0]["since"]}]}
    first = fabric.start("host0", "--listen", f"127.0.0.1:{ports[0]}", config=PATIENT)
    second.await_line("^efasim: linked to")
    await_state(fabric, first, True)
    fabric.traffic(1)
    sent, received, lost = fabric.await_balance()
    assert sent == received > 0 and lost == 0
    one.cut()
    for instance in fabric.instances:
        await_state(fabric, instance, False)
    one.heal()
    second.await_line("^efasim: linked to", 2)
    for instance in fabric.instances:
        await_state(fabric, instance, True)
        assert fabric.status(instance)["links"][0]["reconnects"] == 1
    fabric.traffic(1)
    more, received, lost = fabric.await_balance()
    assert more == received > sent and lost == 0
    # One that connected is known by the address that it came from.
    fabric.call("status", "--instance", "host0").expect(0, output=(
        r"^running: process \d+, 1 adapter, 0 clients$",
        rf"^link to 127\.0\.0\.1:\d+: up since {TIME}, \d+ packets sent, \d+ received, 0 lost, 1 reconnect$"))


def test_each_link_is_listed(fabric, ports):
    """In the order of the options; more of them than one reply holds."""
    peers = [f"127.0.0.1:{port}" for port in (*range(1, 13), ports[0], *range(13, 25))]
    fabric.start("host0", "--listen", f"127.0.0.1:{ports[0]}")
    only = fabric.start("host1", *(word for peer in peers for word in ("--peer", peer)))
    only.await_line("^efasim: linked to")
    links = fabric.status(only)["links"]
    assert [link["peer"] for link in links] == peers
    assert [link["peer"] for link in links if link["is_up"]] == [f"127.0.0.1:{ports[0]}"]
    lines = fabric.call("status", "--instance", "host1").expect(0).output.splitlines()
    assert [re.match("link to ([^ ]+): ", line)[1] for line in lines[1:]] == peers
