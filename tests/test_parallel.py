"""Work on all cores: results in order, and scripts that break it get one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gfla_tf.data.parallel import parallel_map
from gfla_tf.errors import GflaError

REPOSITORY = Path(__file__).parents[1]

UNGUARDED = """
from gfla_tf.data.parallel import parallel_map
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


def test_a_script_without_a_guard_ends_with_the_remedy(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    ended = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2 and ended.stdout == ""
    (sentence,) = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert "taking values failed" in sentence and 'if __name__ == "__main__":' in sentence
