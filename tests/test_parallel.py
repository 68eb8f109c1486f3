"""Work on all cores: results in order, and scripts that break it get one sentence."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gfla_tf.errors import GflaError
from gfla_tf.synthetic.parallel import parallel_map

REPOSITORY = Path(__file__).parents[1]

UNGUARDED = """
from gfla_tf.synthetic.parallel import parallel_map
from gfla_tf.errors import user_errors

with user_errors():
    print(parallel_map(abs, [-1, -2, -3], "taking values"))
"""


def fail(job):
    raise GflaError(f"{job} cannot be done.")


def die(job):
    os._exit(1)


def test_results_come_in_the_order_of_their_jobs():
    assert parallel_map(abs, [-3, 2, -1], "taking values") == [3, 2, 1]


def test_a_sentence_for_the_user_arrives_from_a_worker():
    with pytest.raises(GflaError, match=r"^dance cannot be done\.$"):
        parallel_map(fail, ["dance"], "failing")


def test_a_worker_that_dies_ends_the_work_instead_of_being_replaced_for_ever():
    with pytest.raises(GflaError, match=r"^dying failed because a process ended .*\.$"):
        parallel_map(die, [1], "dying")


def is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def sleep(job):
    """Says who sleeps."""
    Path(job).write_text(str(os.getpid()))
    time.sleep(3600)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells which processes there are")
def test_processes_end_with_the_one_that_wanted_their_work_also_if_it_is_killed(tmp_path):
    program = f"from tests.test_parallel import parallel_map, sleep; parallel_map(sleep, [{str(tmp_path / 'pid')!r}], 'sleeping')"
    parent = subprocess.Popen(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )
    while not (tmp_path / "pid").is_file() or not (tmp_path / "pid").read_text():
        assert parent.poll() is None
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    child = int((tmp_path / "pid").read_text())
    for _ in range(6000):
        if not is_alive(child):
            return
        time.sleep(0.1)
    raise AssertionError("the process outlives its parent")


def test_a_script_without_a_guard_ends_with_the_remedy(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    ended = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, timeout=600
    )
    assert ended.returncode == 2 and ended.stdout == ""
    (sentence,) = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert "taking values failed" in sentence and 'if __name__ == "__main__":' in sentence
