"""Gives damaged files to what reads them, from a seed, and tells what is neither taken nor refused in a sentence.

    python -m tests.fuzz.run --cases 5000
    python -m tests.fuzz.run --kinds models videos --cases 2000 --seed 7

Each kind runs in a process of its own: a signal that ends it is a finding, too, and the next case runs in a new one. The exit
status is 1 if anything was found.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.targets import TARGETS, GflaError

MOST_SECONDS, MOST_MEGABYTES = 60.0, 1024  # of a case, and beyond what a process takes with good files
SLOW = {"runs": 0.2, "datasets": 0.2}  # kinds that get a smaller share of the cases


def child(kind, seed, begin, end, folder):
    """Runs cases and prints a line of JSON for each; the parent knows by them where a signal came."""
    import resource

    import numpy as np

    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    target, folder = TARGETS[kind](), Path(folder)
    target.make(folder)
    # A good start: what is imported and compiled on first use is no case's doing.
    for warm in range(3):
        _outcome(target, folder, np.random.default_rng([seed, 10**6 + warm]))
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for number in range(begin, end):
        started = time.monotonic()
        outcome = _outcome(target, folder, np.random.default_rng([seed, number]))
        seconds = time.monotonic() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - base
        if seconds > MOST_SECONDS or peak > MOST_MEGABYTES:
            outcome = f"took {seconds:.0f} s and {peak:.0f} MB"
        print(json.dumps([number, outcome, round(seconds, 3), round(peak)]), flush=True)


def _outcome(target, folder, random):
    """ "taken", "refused", or what is wrong."""
    try:
        target.try_(folder, random)
        return "taken"
    except GflaError as error:
        sentence = str(error)
        if "\n" in sentence or len(sentence) > 2000:
            return f"no single sentence: {sentence[:200]!r}"
        return "refused"
    except Exception as error:
        place = error.__traceback__
        while place.tb_next is not None:
            place = place.tb_next
        where = f"{os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}"
        return f"{type(error).__name__} at {where}: {str(error)[:160]}"


def run(kind, cases, seed):
    """{"cases", "taken", "refused", "findings": [(number, what)], "slowest", "megabytes"} of a kind."""
    told = {"cases": 0, "taken": 0, "refused": 0, "findings": [], "slowest": 0.0, "megabytes": 0}
    begin = 0
    while begin < cases:
        with tempfile.TemporaryDirectory(prefix="gfla-fuzz-") as folder:
            command = [
                sys.executable,
                "-m",
                "tests.fuzz.run",
                "--child",
                kind,
                str(seed),
                str(begin),
                str(cases),
                folder,
            ]
            environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TMPDIR": folder}
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
                last = begin - 1
                for line in process.stdout:
                    number, outcome, seconds, megabytes = json.loads(line)
                    told["cases"], last = told["cases"] + 1, number
                    told["slowest"], told["megabytes"] = (
                        max(told["slowest"], seconds),
                        max(told["megabytes"], megabytes),
                    )
                    if outcome in ("taken", "refused"):
                        told[outcome] += 1
                    else:
                        told["findings"].append((number, outcome))
        if process.returncode:
            told["cases"] += 1
            told["findings"].append((last + 1, f"the process ended with status {process.returncode}"))
            begin = last + 2
        else:
            break
    return told


def main(arguments=None):
    """The command line."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["--child"]:
        kind, seed, begin, end, folder = arguments[1:]
        return child(kind, int(seed), int(begin), int(end), folder)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--cases", type=int, default=5000, help="of all kinds together (default: %(default)s)"
    )
    parser.add_argument("--kinds", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    shares, found = {kind: SLOW.get(kind, 1.0) for kind in options.kinds}, 0
    print(
        "| kind | cases | taken | refused | findings | slowest s | MB more |\n|---|---|---|---|---|---|---|"
    )
    for kind in options.kinds:
        told = run(kind, math.ceil(options.cases * shares[kind] / sum(shares.values())), options.seed)
        found += len(told["findings"])
        print(f"| {kind} | {told['cases']} | {told['taken']} | {told['refused']} | {len(told['findings'])} | "
              f"{told['slowest']:.2f} | {told['megabytes']} |", flush=True)  # fmt: skip
        for number, what in told["findings"][:8]:
            print(f"  {kind} {number}: {what}", flush=True)
    return sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
