"""Source encoders are as deep as published; their blocks below the coarsest attention level are not in exported files."""

from gfla_tf.export.convert.graphs import tflite_flatbuffer

from gfla_tf.litert.profiler import nodes_of
from gfla_tf.litert.runner import SIGNATURE
from tests.helpers.tiny_sources import tiny_source

UNUSED, USED = "source_encoder/encoder1", "source_encoder/encoder0"


def source():
    """A network of three blocks with attention at levels 2 and 1, which the third has no part in."""
    return tiny_source("pose", {}, image_size=(32, 32), attention_kernels={2: 3, 1: 3}, depth=3, flow_depth=3)


def blocks_of(names):
    """Which of the two blocks are among names of operations, without the numbers that Keras and the converter add."""
    plain = {name.replace("_1/", "/") for name in names}
    return {block for block in (USED, UNUSED) if any(f"{block}/" in name for name in plain)}


def test_what_is_exported_does_not_hold_them(tmp_path):
    flatbuffer = tflite_flatbuffer(source(), tmp_path / "scratch")
    assert blocks_of(node.name for node in nodes_of(flatbuffer, SIGNATURE)) == {USED}
