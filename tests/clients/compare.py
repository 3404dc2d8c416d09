# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""fi_pingpong over the simulated adapter beside libfabric's tcp provider on loopback, as a table in
Markdown. usage: compare.py EFASIM"""
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import programs  # noqa: E402

# Whichever size takes longest still ends within two minutes on two processors.
ITERATIONS = 2000
PROVIDERS = {"efa": ["-p", "efa", "-e", "rdm"], "tcp": ["-p", "tcp", "-e", "rdm"]}


def run(provider):
    """{size: (microseconds a transfer, MB/s)} as the client prints them."""
    port = str(programs.free_port())
    command = ["fi_pingpong", *PROVIDERS[provider], "-I", str(ITERATIONS)]
    server = subprocess.Popen([*command, "-B", port], stdout=subprocess.DEVNULL)
    time.sleep(1)
    client = subprocess.run([*command, "-P", port, "localhost"], text=True, capture_output=True,
                            timeout=300, check=False)
    if client.returncode != 0 or server.wait(60) != 0:
        sys.exit(f"compare: fi_pingpong over {provider} failed:\n{client.stdout}{client.stderr}")
    rows = [line.split() for line in client.stdout.splitlines()[1:]]
    return {row[0]: (float(row[6]), float(row[5])) for row in rows}


def main():
    if "EFASIM_INSTANCE" not in os.environ:
        os.execv(sys.argv[1], [sys.argv[1], "run", "--", sys.executable, *sys.argv])
    found = {provider: run(provider) for provider in PROVIDERS}
    print(f"fi_pingpong -e rdm -I {ITERATIONS}")
    print("| size | efa: us a message | messages/s | MB/s | tcp: us a message | messages/s | MB/s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for size in list(found["efa"])[1:]:  # the first size includes the set-up of the endpoints
        cells = []
        for provider in PROVIDERS:
            time_each, rate = found[provider][size]
            cells += [f"{time_each:.1f}", f"{1e6 / time_each:.0f}", f"{rate:.1f}"]
        print(f"| {size} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
