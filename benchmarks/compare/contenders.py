"""Contenders, each in a process of its own: what it takes to start, to draw, and how much memory."""

import os
import re
import statistics
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.in_turns import in_turns


class Measured(NamedTuple):
    """What was measured of a contender.

    Attributes:
        seconds: of each round.
        start: seconds from the start of its process to its first answer.
        mebibytes: the most that its process holds while it works, libraries included.
    """

    seconds: list
    start: float
    mebibytes: float


def measured(contenders, rounds, wrong=lambda name, answer: None):
    """{name: `Measured`} of those contenders that run here and are not wrong; of the others it is said why.

    Args:
        contenders: {name: (maker, arguments)}, where `maker(*arguments)` gives the function without arguments that is measured.
        rounds: how often each is asked, in turns.
        wrong: function of a name and what the first call gave that says what is wrong with it, or None.
    """

    def reason(name, first):
        return first[1] if first[0] is None else wrong(name, first[0])

    result = {}
    for name, (first, seconds, connection) in in_turns(_worker, contenders, rounds, True, reason).items():
        connection.send(False)
        result[name] = Measured(seconds, first[1], connection.recv())
    return result


def _worker(maker, arguments, connection):
    """Sends (what the first call gave, seconds since the process started), or (None, why it failed).

    Then the seconds of a call for each word that is true, and MiB for one that is not.
    """
    try:
        call = maker(*arguments)
        answer = call()
    except Exception as error:  # a peer that does not run here is not our failure
        connection.send((None, f"{type(error).__name__}: {error}".splitlines()[0][:120]))
        return
    connection.send((answer, _since_start()))
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    while connection.recv():
        begin = time.perf_counter()
        call()
        connection.send(time.perf_counter() - begin)
    connection.send(int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024)


def _since_start():
    """Seconds since this process started, by Linux."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def table(found, peer, limit=None):
    """Markdown of {name: `Measured`}, the fastest first.

    Args:
        peer: whose times ratios are to, each the median over rounds; the first contender's if it was left out.
        limit: seconds that nothing can be faster than, if that is known.
    """
    peer = peer if peer in found else next(iter(found))
    head = ["", "median ms", "range", f"of {peer}", "peak MiB", "first answer s"]
    rows = []
    for name, one in sorted(found.items(), key=lambda item: statistics.median(item[1].seconds)):
        middle, ratio = statistics.median(one.seconds), median_ratio(one.seconds, found[peer].seconds)
        span = f"{1e3 * min(one.seconds):.0f} to {1e3 * max(one.seconds):.0f}"
        row = [name, f"{1e3 * middle:.1f}", span, f"{ratio:.2f}", f"{one.mebibytes:.0f}", f"{one.start:.1f}"]
        rows.append([*row, f"{middle / limit:.2f}"] if limit else row)
    if limit:
        head.append("of the limit")
        rows.append(["the limit, by matrix products", f"{1e3 * limit:.1f}", *[""] * 5])
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def median_ratio(seconds, others):
    """The median over rounds of one contender's time to another's."""
    return statistics.median(a / b for a, b in zip(seconds, others, strict=True))
