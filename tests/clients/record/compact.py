# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Turns what the recorder wrote for the processes of a run into one recording: the lines of all of them in the
order of time, objects as kind and number, addresses as region and offset, repetitions counted."""
import re

# The object that a call makes.
MAKES = {"ibv_open_device": "context", "ibv_alloc_pd": "pd", "ibv_reg_mr": "mr", "ibv_reg_mr_iova2": "mr",
         "ibv_create_ah": "ah", "ibv_create_cq": "cq", "ibv_create_cq_ex": "cq", "efadv_create_cq": "cq",
         "ibv_create_qp": "qp", "ibv_create_qp_ex": "qp", "efadv_create_qp_ex": "qp"}
PAGE = 4096
LONGEST_PERIOD = 24


class Side:
    """A process: its objects by their addresses, and its regions by their keys."""

    def __init__(self, number):
        self.number = number
        self.names, self.counts, self.lkeys, self.qps = {}, {}, {}, {}
        self.parents = {}  # of the objects that exist

    def left(self, context):
        """The objects of a context."""
        within, found = {context}, []
        for name, parent in self.parents.items():  # parents come first
            if parent in within:
                within.add(name)
                found.append(name)
        return found

    def make(self, kind, address):
        name = f"{kind}{self.counts.get(kind, 0)}"
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.names[address] = name
        return name


class Run:
    """All processes, and what they know of each other."""

    def __init__(self):
        self.sides, self.rkeys, self.qps = {}, {}, {}
        self.datagrams = set()  # UD queue pairs

    def line(self, side, text):
        call, _, rest = text.partition(" ")
        arguments, _, result = rest.rpartition("-> ")
        arguments, result = arguments.strip(), result.strip()
        if call == "ibv_get_device_list":
            devices = re.findall(r"@((?:0x)?[0-9a-fA-F]+)", result)
            side.names.update({device: f"device{i}" for i, device in enumerate(devices)})
            result = result.partition(" devices=")[0]
        address = re.search(r"addr=(?:0x)?([0-9a-fA-F]+)", arguments)
        if address:
            arguments = arguments.replace(address[0], f"at={int(address[1], 16) % PAGE}")
        made = re.match(r"@((?:0x)?[0-9a-fA-F]+)", result)
        if call in MAKES and made:
            name = side.make(MAKES[call], made[1])
            keys = re.search(r" lkey=(\d+) rkey=(\d+)", result)
            if keys:
                side.lkeys[keys[1]] = self.rkeys[keys[2]] = (side, name, int(address[1], 16))
            number = re.search(r" num=(\d+)", result)
            if number:
                side.qps[number[1]] = name
                self.qps[number[1]] = f"{side.number}.{name}"
            result = re.sub(r" (lkey|rkey|num)=\d+", "", result)
        elif call in MAKES:
            result = result.split()[0]
        arguments = self.named(side, arguments)
        result = re.sub(r"@((?:0x)?[0-9a-fA-F]+)", lambda found: side.names.get(found[1], "unknown"), result)
        head = arguments.partition(" {")[0] if not arguments.startswith("{") else ""
        groups = re.findall(r"\{[^}]*\}", arguments)
        if call == "ibv_close_device":
            left = side.left(head.partition("=")[2])
            head += f" left={','.join(left)}" if left else ""
        elif result == "ok" and re.match("ibv_(destroy|dealloc|dereg)_", call):
            side.parents.pop(head.partition("=")[2], None)
        elif call in MAKES and made:
            parent = re.search(r"(?:pd|context)=(\w+)", head)
            side.parents[name] = parent[1] if parent else None
            if " type=4 " in f" {head} ":
                self.datagrams.add(f"{side.number}.{name}")
        words = [call, head, *groups, "->", result]
        return " ".join(word for word in words if word)

    def named(self, side, text):
        def region(found):
            known = side.lkeys.get(found[1])
            if not known:  # data of an inline send need no region
                return f"none+0:{found[3]}"
            return f"{known[1]}+{int(found[2], 16) - known[2]}:{found[3]}"

        def remote(found):
            if found[1] not in self.rkeys:
                return "rdma=unknown"
            owner, name, start = self.rkeys[found[1]]
            return f"rdma={owner.number}.{name}+{int(found[2], 16) - start}"

        def destination(found):
            return f"to={side.names.get(found[1], 'unknown')},{self.qps.get(found[2], 'unknown')},{found[3]}"

        text = re.sub(r"to=@((?:0x)?[0-9a-fA-F]+),(\d+),(\w+)", destination, text)
        text = re.sub(r"rdma=(\d+):(\w+)", remote, text)
        text = re.sub(r"(\d+):(0x[0-9a-f]+|0):(\d+)", region, text)
        text = re.sub(r" num=(\d+)\}", lambda found: f" qp={side.qps.get(found[1], 'unknown')}}}", text)
        return re.sub(r"@((?:0x)?[0-9a-fA-F]+)", lambda found: side.names.get(found[1], "unknown"), text)


OFFSET = re.compile(r"(?<=\+)\d+(?=:\d+)")


def offsets(group):
    return [int(offset) for offset in OFFSET.findall(group)]


def counted(groups):
    """Requests that are alike but for the offsets of their data, which grow by steps, are one group with a count
    and the steps."""
    found, i = [], 0
    while i < len(groups):
        shape, first, count, steps = OFFSET.sub("?", groups[i]), offsets(groups[i]), 1, None
        while i + count < len(groups) and OFFSET.sub("?", groups[i + count]) == shape:
            grown = [offset - start for offset, start in zip(offsets(groups[i + count]), first)]
            if steps is None:
                steps = grown
            if grown != [count * step for step in steps]:
                break
            count += 1
        found.append(groups[i] + (f"*{count}:{','.join(map(str, steps)) or 0}" if count > 1 else ""))
        i += count
    return found


def compact(line):
    """A line with its groups counted."""
    groups = re.findall(r"\{[^}]*\}", line)
    if not groups:
        return line
    head, result = line.partition(" {")[0], line.rpartition(" -> ")[2]
    return " ".join([head, *counted(groups), "->", result])


def ordered(lines, datagrams):
    """The lines (time, side, text) in an order in which they can be made again. What becomes of a send before the
    first receive of its peer is a race there. One that succeeded follows the receive. The failure of one that
    failed comes before the receive, also where the program noticed it later."""
    receives, completions, sends, last = {}, {}, {}, {}
    for time, side, text in lines:
        for queue in re.findall(r"ibv_post_recv qp=(qp\d+)", text):
            receives.setdefault(f"{side}.{queue}", time)
        cq = re.search(r" (cq=cq\d+)", text)
        for group, what, queue in re.findall(r"(\{(send ok|status=\d+)[^}]* qp=(qp\d+)\})", text):
            completions.setdefault((side, queue), []).append((time, what, cq[1], group))
    found = []
    for time, side, text in lines:
        for destination in re.findall(r" to=\w+,(\d+\.qp\d+),", text):
            queue = re.search(r" qp=(qp\d+)", text)[1]
            number = sends[side, queue] = sends.get((side, queue), -1) + 1
            receive = receives.get(destination, 0)
            if destination in datagrams or time > receive or number >= len(completions.get((side, queue), [])):
                continue
            completed, what, cq, group = completions[side, queue][number]
            if what == "send ok":
                time = receive + 0.5
            elif completed > receive:
                found.append((receive - 0.5, side, f"await {cq} {group} -> ok"))
        time = last[side] = max(time, last.get(side, 0))
        found.append((time, side, text))
    return [f"{side} {text}" for _, side, text in sorted(found, key=lambda line: line[0])]


def repeated(lines):
    """Blocks of lines that follow each other, counted."""
    found, i = [], 0
    while i < len(lines):
        best = (0, 0, 1)
        for period in range(1, LONGEST_PERIOD + 1):
            block, count = lines[i:i + period], 1
            while lines[i + count * period:i + (count + 1) * period] == block:
                count += 1
            best = max(best, ((count - 1) * period, -period, count))
        saved, period, count = best[0], -best[1], best[2]
        if saved > 2:
            found += [f"repeat {count}", *lines[i:i + period], "end"]
            i += count * period
        else:
            found.append(lines[i])
            i += 1
    return found


def read(folder):
    """The lines of a run (time, side, text), and the run."""
    calls, run = [], Run()
    for path in folder.iterdir():
        lines = [line.split(" ", 1) for line in path.read_text().splitlines()]
        calls += [(int(time), path.name, text) for time, text in lines]
    calls.sort(key=lambda call: call[0])
    found = []
    for time, process, text in calls:
        if process not in run.sides:
            run.sides[process] = Side(len(run.sides))
        side = run.sides[process]
        found.append((time, side.number, run.line(side, text)))
    return found, run


def lines_of(folder):
    """As they were recorded, but for the names of objects."""
    return [compact(f"{side} {text}") for _, side, text in read(folder)[0]]


def recording(folder):
    """The lines of the recording of a run."""
    found, run = read(folder)
    return repeated([compact(line) for line in ordered(found, run.datagrams)])
