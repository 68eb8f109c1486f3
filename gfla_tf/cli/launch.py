"""Trains with several processes of this machine, each a worker of MultiWorkerMirroredStrategy; also an example of TF_CONFIG.

On several machines there is nothing to launch from one place: on each, set TF_CONFIG and run `gfla train`. Every
process reads the
same configuration and data, and sees the same runs/ (a shared disk); the first worker alone writes there.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

TRAIN = ("-m", "gfla_tf", "train")
GRACE = 20.0  # seconds that the other workers have to end by themselves when one has failed


def main(arguments=None):
    """The command line; see `gfla launch --help`."""
    parser = argparse.ArgumentParser(
        prog="gfla launch",
        description=__doc__,
        epilog="example: gfla launch --workers 2 pose_quickstart full.steps=100 name=two_workers",
    )
    parser.add_argument("--workers", type=int, default=2, help="number of processes (default: %(default)s)")
    parser.add_argument("--gpu-each", action="store_true", help="worker i sees GPU i alone")
    options, of_training = parser.parse_known_args(arguments)
    if options.workers < 1:
        parser.error(f"--workers is {options.workers}: it must be at least 1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # not without the workers
    sys.exit(launch(options.workers, of_training, options.gpu_each))


def launch(workers, arguments, gpu_each=False, program=None):
    """Runs `program ARGUMENTS` (`gfla train` if None) as so many workers; returns 0, or the status of the one that
    failed first."""
    addresses = free_addresses(workers)
    processes, relays = [], []
    try:
        for index in range(workers):
            task = {"type": "worker", "index": index}
            environment = {
                **os.environ,
                "TF_CONFIG": json.dumps({"cluster": {"worker": addresses}, "task": task}),
            }
            if gpu_each:
                environment["CUDA_VISIBLE_DEVICES"] = str(index)
            process = subprocess.Popen(
                [sys.executable, "-u", *((program,) if program else TRAIN), *arguments],
                env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            )  # fmt: skip
            processes.append(process)
            relays.append(threading.Thread(target=_relay, args=(index, process), daemon=True))
            relays[-1].start()
        return _wait(processes)
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for relay in relays:
            relay.join(GRACE)


def free_addresses(count):
    """Addresses, host:port, of so many workers of this machine."""
    ends = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{end.getsockname()[1]}" for end in ends]
    for end in ends:
        end.close()
    return addresses


def _relay(index, process):
    for line in process.stdout:
        print(f"[{index}] {line}", end="", flush=True)


def _wait(processes):
    """Waits for all, or for the first that fails, and then a while for the others to say what they have to say."""
    failed, deadline = None, None
    while None in [
        process.poll() for process in processes
    ]:  # all are asked: poll() learns that one has ended
        if failed is None:
            failed = next((process for process in processes if process.returncode), None)
            deadline = None if failed is None else time.monotonic() + GRACE
        elif time.monotonic() > deadline:
            break
        time.sleep(0.2)
    failed = failed or next((process for process in processes if process.returncode), None)
    if failed is None:
        return 0
    print(
        f"worker {processes.index(failed)} ended with status {failed.returncode}: the training run has ended.",
        file=sys.stderr,
    )
    return failed.returncode if failed.returncode > 0 else 128 - failed.returncode
