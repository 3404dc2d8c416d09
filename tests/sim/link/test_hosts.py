# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Three hosts, each in a network namespace with an instance, joined by a switch: all-to-all traffic while
one host's cable is pulled and put back every few seconds."""
import re
import threading

import pytest

from support import hosts, programs

CONFIG = ("preset = efa-0xefa1\nabort_on_violation = yes\npeer_timeout = 500ms\nlatency = 20us\n"
          "loss = 1%\nreorder_window = 16\nreorder_probability = 20%\n")


@pytest.fixture
def network():
    with hosts.network_of(3) as made:
        yield made


def test_three_hosts_and_a_cable(fabric, network, seconds):
    hosts.start_instances(fabric, network, CONFIG)
    stop = threading.Event()
    cuts = []

    def pull():
        while not stop.wait(0.6):
            host = (len(cuts) + len(cuts) // 3) % 3
            network.plug(host, "down")
            cuts.append(host)
            # Short enough to be made up for; longer than the timeout of the peer; longer than a silent
            # connection is kept.
            stop.wait((4.5, 0.1, 1.2)[len(cuts) % 3])
            network.plug(host, "up")

    thread = threading.Thread(target=pull)
    thread.start()
    try:
        result = fabric.traffic(max(seconds, 8), "--cuts")
    finally:
        stop.set()
        thread.join()
    assert len(cuts) > 2
    assert int(re.search(r"(\d+) requests failed", result.output)[1]) > 0, result
    # And all is well again.
    fabric.traffic(1, "--cuts")
    print("packets sent, received, lost:", *fabric.await_balance())
    programs.wait_until(lambda: [link["is_up"] for link in fabric.links()] == [True] * 6,
                        lambda: f"six links that are up: {fabric.links()}")
    reconnects = sum(link["reconnects"] for link in fabric.links())
    print("reconnects:", reconnects)
    assert reconnects > 0
