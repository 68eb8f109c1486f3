"""What a file costs, measured in a process of its own."""

import json

import pytest
import tensorflow as tf
from gfla_tf.export.quantize import cost

from tests.helpers.small_tflite import write_tflite

SIZE = (1, 64, 64, 3)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("cost") / "squared.tflite"
    return write_tflite(path, lambda source_image: tf.square(source_image), source_image=SIZE)


@pytest.mark.skipif(not cost.RESET.exists(), reason="only Linux tells a process its peak of memory")
def test_seconds_and_peak_of_a_file(file):
    measured = cost.measure(file)
    assert measured["seconds"]["serving_default"] > 0 and measured["peak_bytes"] > 10_000


def test_where_the_peak_cannot_be_measured_it_is_left_out_and_seconds_are_not(
    file, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(cost, "RESET", tmp_path / "no proc" / "clear_refs")
    cost.main(file)
    measured = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert measured["seconds"]["serving_default"] > 0 and measured["peak_bytes"] is None
