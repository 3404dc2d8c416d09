# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What the programs that measure print: is there a row for each size?"""
import re

SRD_SIZES = [2 << n for n in range(13)]  # up to 8192, below the MTU
READ_SIZES = [2 << n for n in range(23)]
RDM_SIZES = ["64", "256", "1k", "4k", "64k", "1m"]
DGRAM_SIZES = RDM_SIZES[:4]
ITERATIONS = 500
# perftest compares two clocks before it prints figures. On a busy machine they may disagree.
BUSY, ATTEMPTS = "Can't produce a report", 4


def perftest_rows(run):
    """`run` returns the result of perftest's client. The rows as lists of words. Runs it again where the
    clocks disagree."""
    for attempt in range(ATTEMPTS):
        try:
            lines = run().output.splitlines()
            break
        except AssertionError as error:
            if BUSY not in str(error) or attempt == ATTEMPTS - 1:
                raise
    start = max(i for i, line in enumerate(lines) if line.lstrip().startswith("#bytes"))
    return [line.split() for line in lines[start + 1:] if line.strip()[:1].isdigit()]


def expect_sizes(rows, sizes, iterations=ITERATIONS):
    assert [(int(row[0]), int(row[1])) for row in rows] == [(size, iterations) for size in sizes]


def expect_pingpong(results, sizes, iterations):
    """Of both sides of fi_pingpong."""
    for result in results:
        rows = [line.split() for line in result.output.splitlines() if re.match(r"\d", line)]
        assert [row[:2] for row in rows] == [[size, str(iterations)] for size in sizes], result
