"""docs/own_data.md does what it says: its two scripts, each in a process of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "own_data.md"


@pytest.mark.slow
def test_the_page_trains_saves_loads_converts_and_runs_in_25_lines(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len([line for block in blocks for line in block.splitlines() if line]) <= 25
    printed = []
    for block in blocks:
        ended = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr[-3000:]
        printed.append(ended.stdout)
    l1 = [float(value) for value in re.findall(r"val_l1: ([\d.e-]+)", printed[0])]
    assert len(l1) == 12 and l1[-1] < 0.5 * l1[0] and l1[-1] < 0.03  # copying the source has 0.12
    path, difference = printed[1].split()[-2:]
    assert path == "converted/pose_quickstart.tflite"
    assert float(difference) < 1e-4
    assert sorted(file.suffix for file in (tmp_path / "converted").glob("*.tflite")) == [".tflite", ".tflite"]
