"""The page computes what Python computes, from constants that are Python's."""

import os
import shutil
import subprocess

import pytest

from gfla_tf.errors import GflaError
from gfla_tf.page import site
from gfla_tf.page.constants import FILE, typescript
from gfla_tf.page.site import write_site
from tests.helpers.page_site import WEB, node_packages
from tests.helpers.record_fixtures import FIXTURES


def test_the_constants_are_pythons():
    assert FILE.read_text() == typescript(), "run python -m gfla_tf.page.constants"


def test_the_numbers_are_pythons_on_the_shared_fixtures(tmp_path):
    node_packages()
    subprocess.run(["node", "build.mjs", "tests", str(tmp_path)], cwd=WEB, check=True)
    done = subprocess.run(
        ["node", "--test", str(tmp_path)],
        env={**os.environ, "FIXTURES": str(FIXTURES)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "# pass 27" in done.stdout, done.stdout


def test_its_types_agree():
    node_packages()
    done = subprocess.run(["npx", "tsc", "--noEmit"], cwd=WEB, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_network_that_the_page_cannot_run_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(GflaError, match="--keypoints"):
        write_site(tmp_path / "site", FIXTURES / "tiny_pose.tflite")
    assert not (tmp_path / "site").exists()


def test_without_a_network_that_ships_the_command_asks_for_one(monkeypatch, tmp_path):
    (tmp_path / "people_256").mkdir()
    shutil.copy(FIXTURES / "tiny_pose.tflite", tmp_path / "people_256")  # takes maps
    monkeypatch.setattr(site, "PRETRAINED", tmp_path)
    with pytest.raises(GflaError, match="give --model"):
        site.shipped_model()
