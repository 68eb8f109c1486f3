"""What a training's process is given before TensorFlow comes in."""

import os
import subprocess
import sys

COUNT = """
import os, resource
{first}
import numpy as np
def step():
    large = [np.ones(4 << 20, np.uint8) for _ in range(8)]
step(); step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20): step()
print(os.environ.get("TF_ENABLE_ONEDNN_OPTS"), resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PREPARED = "from gfla_tf.training.process import prepare_process; prepare_process()"


def counted(first, **environment):
    own = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    run = subprocess.run(
        [sys.executable, "-c", COUNT.format(first=first)],
        env={**own, **environment},
        capture_output=True,
        check=True,
    )
    onednn, faults = run.stdout.split()
    return onednn.decode(), int(faults)


def test_what_a_step_frees_is_kept_for_the_next_one():
    if not sys.platform.startswith("linux"):
        return
    (before, plain), (after, prepared) = counted(""), counted(PREPARED)
    assert before == "None" and after == "1"
    assert prepared < plain / 10


def test_a_choice_that_was_made_stays():
    assert counted(PREPARED, TF_ENABLE_ONEDNN_OPTS="0")[0] == "0"
