# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Instances that are linked, in a runtime folder of their own, and a wire between them that can be cut."""
import contextlib
import json
import re
import socket
import subprocess
import threading

from support import programs
from support.efasim import Instance
from support.programs import wait_until

LIMIT = programs.WAIT_LIMIT


class LinkedInstance:
    """`efasim serve`, with what it says in a file."""

    def __init__(self, efasim, name, options, config, prefix):
        self.efasim, self.name, self.prefix = efasim, name, prefix
        self.is_asked = False
        self.log = efasim.folder / f"{name}.log"
        path = efasim.folder / f"{name}.conf"
        path.write_text(config)
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = efasim.start("serve", "--verbose", "--instance", name, "--config", path,
                                        *options, prefix=prefix, stdout=log, stderr=log)

    @property
    def socket(self):
        return self.efasim.folder / "efasim" / f"{self.name}.socket"

    def says(self):
        return self.log.read_text(encoding="utf-8")

    def exports(self):
        """The lines that set the environment of programs."""
        return "".join(re.findall(r"^export .*\n", self.says(), re.MULTILINE))

    def for_programs(self):
        """The same instance with what tests do with that of `efasim run`; programs run on the same host."""
        variables = dict(re.findall(r"(\w+)='?([^' \n]*)", self.exports()))
        return Instance(self.efasim, self.process, {**self.efasim.environment, **variables}, self.prefix)

    def await_line(self, pattern, count=1):
        """Fails as soon as the process has ended without it."""
        def has_said():
            return len(re.findall(pattern, self.says(), re.MULTILINE)) >= count

        def what():
            return f"{count} times {pattern!r} from {self.name}, in\n{self.says()}"

        wait_until(lambda: has_said() or self.process.poll() is not None, what)
        assert has_said(), f"ended with {self.process.returncode} before {what()}"

    def ask_to_end(self):
        """Once: the second signal would kill it."""
        if not self.is_asked and self.process.poll() is None:
            self.process.terminate()
        self.is_asked = True

    def stop(self):
        self.ask_to_end()
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        status = self.process.returncode
        assert status == 0, f"{self.name} ended with {status}\n{self.says()}"


class Fabric:
    """Instances of one efasim, which share its runtime folder."""

    def __init__(self, build, efasim):
        self.build, self.efasim = build, efasim
        self.folder, self.call = efasim.folder, efasim.call
        self.instances = []
        self.key = self.folder / "key"

    def make_key(self):
        self.call("key", self.key).expect(0, output="give each machine a copy")

    def start(self, name, *options, config="preset = efa-0xefa1\n", prefix=()):
        instance = LinkedInstance(self.efasim, name, options, config, prefix)
        self.instances.append(instance)
        instance.await_line(r"^# \d+ adapter")
        return instance

    def traffic(self, seconds, *options, instances=None):
        """Between these instances; between all without them."""
        sockets = [instance.socket for instance in instances or self.instances]
        result = programs.run([self.build.file("link_traffic"), *options, seconds, *sockets],
                              env=self.efasim.environment, limit=seconds + 120)
        print(result)
        return result.expect(0, output="^verified")

    def status(self, instance):
        """The JSON of `efasim status`."""
        return json.loads(self.call("status", "--json", "--instance", instance.name).expect(0).output)

    def links(self):
        """Those of all instances, as each sees them."""
        return [link for instance in self.instances for link in self.status(instance)["links"]]

    def await_balance(self):
        """Until each packet that an instance sent has arrived or is known to be lost."""
        def sums():
            links = self.links()
            return [sum(link[name] for link in links) for name in ("sent", "received", "lost")]

        def is_balanced():
            sent, received, lost = sums()
            return sent == received + lost

        wait_until(is_balanced, lambda: f"the counts of packets: {sums()} sent, received, lost")
        return sums()

    def forget(self, instance):
        """It was killed, and is not stopped at the end."""
        instance.process.wait(LIMIT)
        self.instances.remove(instance)

    def stop(self):
        """Each ends as it should, which is where sanitizers report what they found."""
        for instance in self.instances:
            instance.ask_to_end()
        with contextlib.ExitStack() as stack:  # all are stopped, also where one has failed
            for instance in self.instances:
                stack.callback(instance.stop)


class Wire:
    """Carries connections to a port; it can be cut: closed, or made to swallow what comes."""

    def __init__(self, port):
        self.port = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.pairs = []
        self.swallows = False
        self.is_cut = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                if self.listener.fileno() < 0:
                    return
                continue
            if self.is_cut:
                near.close()
                far.close()
                continue
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.pairs.append((near, far))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=pair, daemon=True).start()

    def carry(self, source, target):
        try:
            while data := source.recv(65536):
                if not self.swallows:
                    target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.is_cut = True
        for pair in self.pairs:
            for one in pair:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs = []

    def heal(self):
        self.is_cut = self.swallows = False

    def close(self):
        self.listener.close()
        self.cut()
