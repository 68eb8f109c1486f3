"""What is refused while a network is exported: other operations than TFLite's own, other outputs than Keras gives."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from gfla_tf.export.convert import conversion
from gfla_tf.export.convert.conversion import convert
from gfla_tf.export.convert.graphs import tflite_flatbuffer
from gfla_tf.export.convert.keras_check import (
    TOLERANCE,
    differences,
    require_agreement,
)
from gfla_tf.export.convert.operations import operation_histogram, require_builtins
from gfla_tf.export.convert.sources import Source

from gfla_tf.errors import GflaError
from gfla_tf.models.presets import create_generator
from gfla_tf.training.tasks import task_named
from tests.helpers.rule_weights import fill

SETTINGS = {"heat_map_sigma": 6.0, "limb_sigma": None, "drawing": "simple"}
WEIGHTS = {"origin": "the recording rule", "license": "as the project"}


def source_of(generator, name="model", task="pose"):
    return Source(generator, task_named(task, **SETTINGS), name, None, WEIGHTS)


@pytest.fixture(scope="module")
def small():
    """For what does not depend on the size of the network."""
    return fill(create_generator("pose_quickstart", image_size=(32, 48), attention_kernels={2: 3}))


def test_operations_are_counted_and_flex_is_refused():
    @tf.function(input_signature=[tf.TensorSpec([2, 2])])
    def network(x):
        return tf.linalg.det(x) + x * 2

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [network.get_concrete_function()], tf.Module()
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    histogram = operation_histogram(converter.convert())
    assert histogram == {"MUL": 1, "ADD": 1, "CUSTOM:FlexMatrixDeterminant": 1}
    with pytest.raises(GflaError, match=r"model\.tflite needs operations .* \(FlexMatrixDeterminant\)"):
        require_builtins(histogram, "model.tflite")


def test_a_network_that_needs_flex_is_refused_by_name(tmp_path):
    class Determinant(keras.layers.Layer):
        def call(self, x):
            return tf.linalg.det(x)

    image = keras.Input((2, 2), name="image")
    network = keras.Model({"image": image}, {"generated": Determinant()(image)}, name="flexible")
    with pytest.raises(GflaError, match="flexible cannot be expressed in TFLite's builtin operations"):
        tflite_flatbuffer(source_of(network, "flexible"), tmp_path)


def test_a_silently_different_model_is_refused_and_nothing_is_left(small, tmp_path, monkeypatch):
    other = source_of(small).at_size(small.image_size)
    other.generator.flow_estimator.weights[-1].assign_add([0.01])
    monkeypatch.setattr(conversion, "tflite_flatbuffer", lambda _, *rest: tflite_flatbuffer(other, *rest))
    with pytest.raises(GflaError, match=r"small\.tflite differs from the Keras model .* mask_"):
        convert(source_of(small, "small"), tmp_path / "new" / "deep")
    assert not list(tmp_path.iterdir())


def test_agreement_is_relative_to_large_flows_and_refuses_what_is_no_number():
    flow = np.full((1, 2, 2, 2), 20.0)
    assert differences({"flow_2": flow}, {"flow_2": flow + 1e-3}) == {"flow_2": pytest.approx(5e-5)}
    assert differences({"mask_2": flow}, {"mask_2": flow + 1e-3}) == {"mask_2": pytest.approx(1e-3)}
    assert differences({"flow_2": flow / 100}, {"flow_2": flow / 100 + 1e-3}) == {
        "flow_2": pytest.approx(1e-3)
    }
    require_agreement({"generated": TOLERANCE}, "model")
    for wrong in (2 * TOLERANCE, np.nan, np.inf):
        with pytest.raises(GflaError, match="model differs from the Keras model"):
            require_agreement({"generated": 0.0, "mask_2": wrong}, "model")
    with pytest.raises(GflaError, match="shape"):
        differences({"mask_2": flow}, {"mask_2": flow[..., :1]})
    with pytest.raises(GflaError, match="outputs"):
        differences({"mask_2": flow}, {"mask_3": flow})
