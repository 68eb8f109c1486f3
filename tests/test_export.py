"""SavedModel and TFLite compute what Keras computes, out of plain operations, or are not written at all."""

import numpy as np
import pytest
import tensorflow as tf
from gfla_tf.export.convert.conversion import convert, report
from gfla_tf.export.convert.describe import task_fields
from gfla_tf.export.convert.graphs import load_saved_model
from gfla_tf.export.convert.keras_check import (
    TOLERANCE,
    differences,
    magnified_limits,
    outputs_for,
    require_agreement,
)
from gfla_tf.export.convert.sample_inputs import FRAMES, sample_inputs
from gfla_tf.export.convert.sources import Source

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.dance_structure import LIMB_SIGMA
from gfla_tf.keypoints.joint_orders import COCO_17, H36M_17
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.litert.description import read_description
from gfla_tf.litert.runner import TFLiteModel, each_sample
from gfla_tf.models.presets import create_generator
from gfla_tf.training.tasks import task_named
from tests.helpers.rule_weights import fill

SETTINGS = {"heat_map_sigma": 6.0, "limb_sigma": None, "drawing": "simple"}
WEIGHTS = {"origin": "the recording rule", "license": "as the project"}
TINY = {"attention_kernels": {2: 3}, "attention_units": 8, "base_channels": 8, "max_channels": 16}
TINY |= {"flow_base_channels": 8, "flow_max_channels": 16, "flow_depth": 4, "image_size": (32, 64)}
NETWORKS = {
    "dance": ("dance_fashionvideo", TINY),
    "face": ("face_forensics", TINY),
    "view": ("view_shapenet", TINY),
    "motion": ("motion_extraction", {"channels": 16}),
}
SLOW = (pytest.mark.slow,)

# What mobile delegates run: indices are flat, and nothing computes shapes.
PLAIN = set(
    "ABS ADD CAST CONCATENATION CONV_2D DIV EXP FLOOR FULLY_CONNECTED GATHER LEAKY_RELU LESS LOGISTIC MAXIMUM MEAN MINIMUM MUL "
    "PAD REDUCE_MAX RELU RESHAPE RSQRT SELECT SOFTMAX SQUARE SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH TRANSPOSE_CONV".split()
)


def source_of(generator, name="model", task="pose"):
    return Source(generator, task_named(task, **SETTINGS), name, None, WEIGHTS)


@pytest.fixture(scope="module")
def quickstart():
    return fill(create_generator("pose_quickstart"))


@pytest.fixture(scope="module")
def small():
    """For what does not depend on the size of the network."""
    return fill(create_generator("pose_quickstart", image_size=(32, 48), attention_kernels={2: 3}))


@pytest.fixture(scope="module")
def converted(small, tmp_path_factory):
    directory = tmp_path_factory.mktemp("converted")
    return convert(source_of(small, "small"), directory)


@pytest.fixture(scope="module", params=[pytest.param(n, marks=SLOW * (n != "view")) for n in NETWORKS])
def other(request, tmp_path_factory):
    """(generator, its two converted files) of a task other than pose."""
    preset, settings = NETWORKS[request.param]
    generator = fill(create_generator(preset, **settings))
    return generator, convert(
        source_of(generator, request.param, request.param), tmp_path_factory.mktemp(request.param)
    )


def check(generator, directory):
    """Converts and compares on inputs of the test's own."""
    saved, tflite = convert(source_of(generator), directory)
    inputs = sample_inputs(generator, seed=5)
    inputs = {name: value[:1] for name, value in inputs.items()}
    expected = {name: np.asarray(value) for name, value in generator(inputs).items()}
    for found in (load_saved_model(saved.path)(**inputs), TFLiteModel(tflite.path)(**inputs)):
        assert max(differences(expected, found).values()) <= TOLERANCE
    assert expected["generated"].std() > 0.1
    for level in generator.levels:
        assert np.abs(expected[f"flow_{level}"]).max() > 2
    return tflite.operations


@pytest.mark.slow
def test_the_three_forms_agree_at_256x256(tmp_path):
    operations = check(fill(create_generator("pose_deepfashion")), tmp_path)
    assert set(operations) <= PLAIN


@pytest.mark.slow
def test_the_three_forms_agree_at_128x64(tmp_path):
    operations = check(fill(create_generator("pose_market")), tmp_path)
    assert set(operations) <= PLAIN


def test_the_three_forms_agree_at_the_quickstart_size(quickstart, tmp_path):
    assert set(check(quickstart, tmp_path)) <= PLAIN


@pytest.mark.slow
@pytest.mark.parametrize("attention", ["bilinear", "global", "none"])
def test_the_three_forms_of_an_ablation_agree(attention, tmp_path):
    size = {"image_size": (32, 48), "attention_kernels": {2: 3}}
    check(fill(create_generator("pose_quickstart", attention=attention, **size)), tmp_path)


def test_inputs_and_outputs_keep_their_names_and_the_saved_model_takes_any_batch(small, converted):
    saved, tflite = converted
    model = TFLiteModel(tflite.path)
    assert model.inputs == {name: (1, *tensor.shape[1:]) for name, tensor in small.input.items()}
    assert model.outputs == {name: (1, *tensor.shape[1:]) for name, tensor in small.output.items()}
    signature = tf.saved_model.load(str(saved.path)).signatures["serving_default"]
    specifications = signature.structured_input_signature[1]
    assert {name: tuple(s.shape) for name, s in specifications.items()} == {
        name: tuple(tensor.shape) for name, tensor in small.input.items()
    }
    assert {s.shape[0] for s in specifications.values()} == {None}
    assert set(signature.structured_outputs) == set(small.output)


def test_every_task_agrees_on_inputs_of_the_tests_own(other):
    """Animations over a sequence: each file continues from the frames that it drew itself."""
    generator, (saved, tflite) = other
    samples = sample_inputs(generator, seed=5)
    expected = outputs_for(lambda **arrays: keras_outputs(generator, arrays), samples)
    runs = load_saved_model(saved.path), each_sample(TFLiteModel(tflite.path))
    for run in runs:
        found = outputs_for(
            lambda run=run, **arrays: {k: np.asarray(v) for k, v in run(**arrays).items()}, samples
        )
        assert max(differences(expected, found).values()) <= TOLERANCE
        if "target_structures" in samples:
            assert found["generated"].shape == (FRAMES, 1, 32, 64, 3)
            steps = np.abs(np.diff(found["generated"], axis=0)).max((1, 2, 3, 4))
            assert (steps > 0.01).all(), "the frames are all alike"
    assert set(tflite.operations) <= PLAIN | {"TILE", "FULLY_CONNECTED"}
    assert max(tflite.differences.values()) <= TOLERANCE


def keras_outputs(generator, arrays):
    return {name: np.asarray(value) for name, value in generator(arrays).items()}


def test_every_task_has_the_saved_model_of_any_batch_and_its_own_description(other):
    generator, (saved, tflite) = other
    model = TFLiteModel(tflite.path)
    assert saved.path.name == f"{tflite.path.stem}_saved_model"
    signature = tf.saved_model.load(str(saved.path)).signatures["serving_default"]
    for name, specification in signature.structured_input_signature[1].items():
        assert tuple(specification.shape) == tuple(generator.input[name].shape)
    description = model.description
    task = description["task"]
    assert task == tflite.path.stem and description["weights"] == WEIGHTS
    assert description["inputs"] == {name: list(shape) for name, shape in model.inputs.items()}
    if task == "motion":
        assert model.inputs == {"keypoints": (1, 24 + 80, 34)} and model.outputs == {"clean": (1, 24, 34)}
        assert (description["frames"], description["receptive_field"]) == (24, 81)
        assert (description["joints"], description["clean_joints"]) == (list(COCO_17), list(H36M_17))
        return
    assert description["image_size"] == [32, 64] and description["attention"] == [{"level": 2, "kernel": 3}]
    if task == "view":
        assert (
            len(description["azimuths"] + description["elevations"]) == model.inputs["source_view"][1] == 21
        )
        return
    assert sum(description["structure"].values()) == model.inputs["target_structure"][3]
    first, following = description["state"]["first"], description["state"]["next"]
    assert set(first) == set(following) == {"previous_image", "previous_structure"}
    assert set(first.values()) < set(model.inputs)
    assert set(following.values()) == {"generated", "target_structure"}
    if task == "dance":
        assert description["joints"] == list(H36M_17)
        assert (description["heat_map_sigma"], description["limb_sigma"]) == (6.0, LIMB_SIGMA)
        assert description["structure"] == {"heat_maps": 17, "skeleton": 3}


@pytest.mark.parametrize("other", ["motion"], indirect=True)
def test_a_motion_network_becomes_a_window_in_tflite_and_keeps_any_length_in_the_saved_model(other):
    generator, (saved, _) = other
    keypoints = np.random.default_rng(0).uniform(-1, 1, (3, 90, 34)).astype(np.float32)
    expected = keras_outputs(generator, {"keypoints": keypoints})
    found = load_saved_model(saved.path)(keypoints=keypoints)
    assert found["clean"].shape == (3, 10, 34)
    assert max(differences(expected, found).values()) <= TOLERANCE


class Step:
    """One step of an animation that is `gain` times its previous frame plus an error of its own."""

    def __init__(self, gain, error=0.0):
        self.gain, self.error = gain, error

    def __call__(self, previous_image, **_):
        return {"generated": self.gain * previous_image + np.float32(self.error)}


def test_an_animation_that_magnifies_differences_may_differ_by_what_they_grow_to():
    samples = {"reference_image": np.ones((1, 2, 2, 3)), "reference_structure": np.ones((1, 2, 2, 1))}
    samples["target_structures"] = np.ones((FRAMES, 1, 2, 2, 1))

    def judged(gain, error):
        keras = Step(gain)
        expected, found = outputs_for(keras, samples), outputs_for(Step(gain, error), samples)
        result = differences(expected, found)
        require_agreement(result, "model", magnified_limits(keras, samples, expected, found))
        return result["generated"]

    assert judged(0.5, 4e-5) < TOLERANCE
    assert judged(1.3, 4e-5) > 10 * TOLERANCE, "growth is allowed"
    for gain, error in ((0.5, 2e-4), (1.3, 2e-4), (1.0, np.nan), (2.0, 5e-5)):
        with pytest.raises(GflaError, match="model differs from the Keras model"):
            judged(gain, error)


def test_an_animation_that_forgets_its_previous_frame_is_refused():
    samples = {"reference_image": np.ones((1, 2, 2, 3)), "reference_structure": np.ones((1, 2, 2, 1))}
    samples["target_structures"] = np.ones((FRAMES, 1, 2, 2, 1))
    step = Step(0.9)
    expected = outputs_for(step, samples)
    found = outputs_for(
        lambda reference_image, previous_image, **_: step(previous_image=reference_image), samples
    )
    assert np.all(expected["generated"][0] == found["generated"][0]), "the first frame does not tell"
    with pytest.raises(GflaError, match="model differs from the Keras model"):
        require_agreement(
            differences(expected, found), "model", magnified_limits(step, samples, expected, found)
        )


def test_the_description_says_what_the_network_is(small, converted):
    description = read_description(converted[1].path)
    assert description["task"] == "pose"
    assert description["image_size"] == list(small.image_size)
    assert tuple(description["joints"]) == JOINTS
    assert description["crop"]["margins"] == {"sides": 0.15, "above": 0.18, "below": 0.12}
    assert (description["heat_map_sigma"], description["limb_sigma"]) == (6.0, None)
    assert [entry["level"] for entry in description["attention"]] == list(small.levels)
    assert description["weights"] == WEIGHTS


def test_a_dance_drawn_frame_by_frame_is_described_as_a_dance_without_a_state():
    generator = create_generator(
        "pose_quickstart", pose_channels=20, image_size=(32, 48), attention_kernels={2: 3}
    )
    description = task_fields(source_of(generator, task="dance"))
    assert (description["task"], description["joints"]) == ("dance", H36M_17)
    assert sum(description["structure"].values()) == 20 and "state" not in description
    assert "target_structures" not in sample_inputs(generator)


def test_the_report_names_files_sizes_operations_and_differences(converted):
    text = report(converted)
    for result in converted:
        assert str(result.path) in text
        assert f"{result.bytes / 1e6:.1f}" in text
        assert f"{result.differences['generated']:.1e}" in text
        assert f"{result.differences['flow_2']:.1e}" in text
    assert all(kind in text for kind in ("generated", "flow", "mask"))
    assert f"GATHER {converted[1].operations['GATHER']}" in text


def test_two_networks_in_one_directory_keep_their_own_files(converted, small, tmp_path):
    directory = converted[0].path.parent
    first = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    other = fill(create_generator("pose_quickstart", image_size=(32, 32), attention_kernels={2: 3}))
    convert(source_of(other, "another"), directory)
    assert {path: path.read_bytes() for path in first} == first
    assert sorted(path.name for path in directory.iterdir()) == [
        *["another.tflite", "another_saved_model", "small.tflite", "small_saved_model"]
    ]


def test_another_image_size_keeps_the_weights(small):
    source = source_of(small, "small")
    assert source.at_size(small.image_size).name == source.at_size(list(small.image_size)).name == "small"
    assert source.at_size((96, 32)).name == "small_96x32"
    resized = source.at_size((96, 32)).generator
    assert resized.output["generated"].shape == (None, 96, 32, 3)
    for ours, theirs in zip(resized.get_weights(), small.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_sample_inputs_are_the_same_every_time_and_in_range(small):
    first, second = sample_inputs(small), sample_inputs(small)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name])
        assert value.shape == (2, *small.input[name].shape[1:])
        assert value.max() <= 1 and value.min() >= (0 if name.endswith("pose") else -1)
    assert (first["source_pose"][0].max((0, 1)) == 0).any(), "no joint is missing"
    assert np.any(first["source_pose"] != sample_inputs(small, seed=1)["source_pose"])
