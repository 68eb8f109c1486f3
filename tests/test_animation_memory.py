"""A long animation takes no more memory than a short one; benchmarks/animation_memory.py draws 1,000 frames of a larger one."""

import json
import subprocess
import sys

import pytest

from gfla_tf.keypoints.joint_orders import H36M_17
from tests.helpers.tiny_tflite import ANIMATION_SIZE, animation_network, write_tiny_tflite

FRAMES = 50, 150
GROWTH = 1.5  # MiB; 100 images are 1.8, 100 structures 12
KERAS = """
from gfla_tf.models.dance_generator import DanceGenerator
widths = {"base_channels": 4, "max_channels": 8, "flow_base_channels": 4, "flow_max_channels": 8}
size = {"image_size": (48, 32), "attention_kernels": {1: 3}, "attention_units": 4, "depth": 1, "flow_depth": 2}
frames = keras_frames(DanceGenerator(20, **size, **widths))
"""


def memory(program):
    """{frames: MiB} in a process of its own, which runs `program` to make `frames`."""
    lines = (
        "import json",
        "from benchmarks.animation_memory import *",
        program,
        f"print(json.dumps(list(memory_after(frames, {FRAMES}).values())))",
    )
    result = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env={"PYTHONPATH": ":".join(sys.path), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def tflite(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "dance.tflite"
    dance = {"task": "dance", "joints": H36M_17, "heat_map_sigma": 2.0, "limb_sigma": 1.0}
    return write_tiny_tflite(path, animation_network(20), image_size=list(ANIMATION_SIZE), **dance)


def test_frames_on_litert_do_not_add_up(tflite):
    before, after = memory(f"frames = litert_frames({str(tflite)!r})")
    assert after - before < GROWTH


def test_frames_in_keras_do_not_add_up():
    before, after = memory(KERAS)
    assert after - before < GROWTH
