"""Where the workers of a run wait for each other, as TensorFlow lets them: deaf to signals and to Python's other threads."""

import contextlib
import os
import signal
import subprocess
import sys
import threading

from gfla_tf.errors import GflaError

VARIABLE = "GFLA_WORKER_TIMEOUT"
SECONDS = 1800.0

# Runs beside the waiting process. Its standard input ends with that process, or with the wait; Ctrl-C reaches both.
_GUARD = """
import os, select, signal, sys
seconds, process, sentence = sys.argv[1:]
try:
    print(flush=True)
    if select.select([sys.stdin], [], [], float(seconds))[0]:
        sys.exit()
    print(sentence, file=sys.stderr, flush=True)
except KeyboardInterrupt:
    pass
os.kill(int(process), signal.SIGKILL)
"""


@contextlib.contextmanager
def worker_timeout(workers):
    """Within it, so many workers have to find each other in the seconds that GFLA_WORKER_TIMEOUT names, 1800 by default.

    Otherwise the process is killed, with one sentence: nothing less ends it while it waits. Afterward SIGTERM does what it did
    before; TensorFlow would take it for the notice of a preemption that Keras knows nothing of, and continue.

    Raises:
        GflaError: the environment variable is no number of seconds.
    """
    seconds = _seconds()
    sentence = (
        f"error: after {seconds:g} seconds not all {workers} workers of this training run had come: start all of them again, "
        f"or set {VARIABLE} to more seconds."
    )
    here = threading.current_thread() is threading.main_thread()  # who alone may set what a signal does
    handler = signal.getsignal(signal.SIGTERM) if here else None
    command = [sys.executable, "-S", "-c", _GUARD, str(seconds), str(os.getpid()), sentence]
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        guard.stdout.readline()  # it is there
        yield
    finally:
        guard.communicate()
        if handler is not None:
            signal.signal(signal.SIGTERM, handler)


def _seconds():
    given = os.environ.get(VARIABLE) or SECONDS
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise GflaError(
            f"{VARIABLE} is {given}: it must be a number of seconds above 0, such as {SECONDS:g}."
        )
    return seconds
