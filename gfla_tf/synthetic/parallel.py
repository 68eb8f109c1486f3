"""Work on all cores, in processes of their own."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from tqdm import tqdm

from gfla_tf.errors import GflaError, Stopped


def cores():
    """Number of cores that this process may use, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def end_with_parent():
    """Has this process end when the one that wants its work is killed, and not by itself: Ctrl-C reaches all of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process().sentinel

    def watch():
        multiprocessing.connection.wait([parent])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def start_in_background():
    """The same for a process whose work is less urgent than that of the one that wants it."""
    end_with_parent()
    os.nice(5)


def parallel_map(function, jobs, what, unit="identity"):
    """`[function(job) for job in jobs]` on all cores, with a progress bar on a terminal.

    Args:
        function: of a module's top level, so that other processes can import it.
        jobs: a list of what it takes, not empty.
        what: shown in front of the bar, such as "rendering people".
        unit: of the bar, what a job is.

    Raises:
        GflaError: a process ended before its work was done.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        sys.exit(1)  # a process of the pool itself, which runs a script without a guard: its parent says so
    # Spawned, not forked: a fork of a process in which TensorFlow has threads can hang.
    workers = min(cores(), len(jobs))
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), end_with_parent)
    try:
        results = pool.map(function, jobs, chunksize=max(1, min(16, len(jobs) // workers)))
        return list(tqdm(results, total=len(jobs), desc=what, unit=unit, disable=None))
    except BrokenProcessPool as error:
        raise GflaError(
            f"{what} failed because a process ended before its work was done: a script that does this must keep what it "
            'runs below `if __name__ == "__main__":`, and the memory must suffice for each core.'
        ) from error
    except (KeyboardInterrupt, Stopped):
        for process in list((pool._processes or {}).values()):  # nobody waits for what they are doing
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
