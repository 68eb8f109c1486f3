"""What a phone has at hand goes in and comes out, and one source serves many targets; the numbers stay."""

import dataclasses

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from gfla_tf.export.convert.conversion import convert
from gfla_tf.export.convert.keras_check import LEVEL, TOLERANCE, as_float, differences
from gfla_tf.export.convert.operations import operation_histogram
from gfla_tf.export.convert.sample_inputs import form_inputs
from gfla_tf.export.convert.signatures import PLAIN, Form, signatures
from gfla_tf.export.convert.sources import Source
from gfla_tf.export.verify.lint import lint

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.dance_structure import dance_maps
from gfla_tf.keypoints.joint_orders import H36M_17
from gfla_tf.keypoints.poses import JOINTS, pose_maps
from gfla_tf.litert.description import flatbuffer_of
from gfla_tf.litert.runner import TFLiteModel, each_sample
from gfla_tf.models.presets import create_generator
from gfla_tf.training.tasks import task_named
from tests.helpers.rule_weights import fill
from tests.helpers.tiny_networks import TINY_NETWORK
from tests.helpers.tiny_sources import tiny_source

SPLIT, PHONE = Form(split=True), Form(keypoints=True, uint8=True, split=True)
SETTINGS = {"heat_map_sigma": 4.0, "limb_sigma": 2.0, "drawing": "simple"}
TINY = {**TINY_NETWORK, "image_size": (32, 64)}


def source_of(task, **settings):
    channels = {"pose_channels": 35} if task == "pose" else {}
    return tiny_source(task, SETTINGS, **{"image_size": (32, 64), **channels, **settings})


@pytest.fixture(scope="module")
def pose():
    return source_of("pose")


@pytest.fixture(scope="module")
def converted(pose, tmp_path_factory):
    """{form: `TFLiteModel`} of one network."""
    folder = tmp_path_factory.mktemp("forms")
    return {form: TFLiteModel(convert(pose, folder, form)[-1].path) for form in (PLAIN, SPLIT, PHONE)}


def test_no_two_outputs_share_a_tensor(converted, tmp_path):
    """LiteRT's compiled models lose all but one of them. Of limbs the same is asked at every level."""
    settings = {**TINY, "depth": 2, "flow_depth": 3, "attention_kernels": {1: 3, 2: 3}, "pose_channels": 35}
    limbs = create_generator("pose_quickstart", **settings, flow_limbs=[[0, 1], [1, 2]])
    source = dataclasses.replace(source_of("pose"), generator=fill(limbs))
    for path in (converted[PHONE].path, convert(source, tmp_path, SPLIT)[-1].path):
        model = schema.ModelT.InitFromPackedBuf(bytes(flatbuffer_of(path)), 0)
        for signature in model.signatureDefs:
            tensors = [output.tensorIndex for output in signature.outputs]
            assert len(tensors) == len(set(tensors)), signature.signatureKey


@pytest.mark.slow
def test_what_is_drawn_in_the_graph_keeps_the_delegates_rules(converted, tmp_path):
    assert [str(finding) for finding in lint(converted[PHONE].path)] == []
    dance = convert(source_of("dance"), tmp_path, PHONE)[-1].path
    assert [str(finding) for finding in lint(dance)] == []


def test_encode_and_generate_equal_the_plain_signature(pose, converted):
    given, _ = form_inputs(pose, PLAIN, seed=5)
    plain, split = (each_sample(converted[form])(**given) for form in (PLAIN, SPLIT))
    assert max(differences(plain, split).values()) <= 1e-5
    assert plain["generated"].std() > 0.1 and np.abs(plain["flow_1"]).max() > 1


def test_a_source_is_encoded_once_for_many_targets(pose, converted):
    split, (given, _) = converted[SPLIT], form_inputs(pose, PLAIN, seed=6)
    encode, generate = split.signatures["encode"], split.signatures["generate"]
    encoded = encode(**{name: given[name][:1] for name in encode.inputs})
    for k in range(2):
        target = given["target_pose"][k : k + 1]
        source = {name: value[:1] for name, value in given.items() if name != "target_pose"}
        expected = converted[PLAIN](**source, target_pose=target)
        assert max(differences(expected, generate(**encoded, target_pose=target)).values()) <= 1e-5


def test_no_convolution_is_in_both_halves(converted):
    plain, split = (operation_histogram(converted[form].path.read_bytes()) for form in (PLAIN, SPLIT))
    for operation in ("CONV_2D", "TRANSPOSE_CONV", "GATHER", "LEAKY_RELU"):
        assert plain[operation] == split[operation] > 0


@pytest.mark.parametrize(("task", "first", "second"), [
    ("pose", {"source_image", "source_pose"}, {"target_pose"}),
    ("dance", {"reference_image", "reference_structure"}, {"previous_image", "previous_structure", "target_structure"}),
    ("face", {"reference_image", "reference_structure"}, {"previous_image", "previous_structure", "target_structure"}),
    ("view", {"source_image"}, {"source_view", "target_view"}),
])  # fmt: skip
def test_encode_takes_the_source_alone_and_does_all_that_depends_on_it_alone(task, first, second):
    source = source_of(task)
    traced = signatures(source, SPLIT)
    takes = {name: set(function.structured_input_signature[1]) for name, function in traced.items()}
    encoded = {name for name in takes["generate"] if name.startswith("encoded_")}
    assert takes["encode"] == first and takes["generate"] == second | encoded
    given, _ = form_inputs(source, PLAIN, seed=5)
    given = {name: value[:1] for name, value in given.items()}
    codes = traced["encode"](**{name: given[name] for name in first})
    assert {value.shape.rank for value in codes.values()} == {4}, "GPU delegates and people want maps"
    drawn = traced["generate"](**codes, **{name: given[name] for name in second})
    expected = source.generator(given)
    assert max(differences({k: np.asarray(v) for k, v in expected.items()}, drawn).values()) <= 1e-5

    graph = traced["encode"].graph.as_graph_def()
    bodies = [graph.node, *(body.node_def for body in graph.library.function)]
    convolutions = sum(node.op == "Conv2D" for nodes in bodies for node in nodes)
    # The encoder's two, local attention's one, and of flow estimators what sees the source: its parts of the first
    # convolution, or for views, which join at the bottom, all the way down and the skip connections.
    assert convolutions == {"pose": 5, "dance": 5, "face": 5, "view": 8}[task]


def test_keypoints_and_uint8_pictures_give_what_maps_and_floats_give(pose, converted):
    given, plain = form_inputs(pose, PHONE, seed=5)
    model = converted[PHONE]
    assert {name: str(model.types[name]) for name in model.inputs} == {
        "source_image": "uint8", "source_keypoints": "float32", "target_keypoints": "float32"
    }  # fmt: skip
    assert (given["source_keypoints"][..., 2] == 0).any(), "no joint is missing"
    size, sigmas = pose.generator.image_size, (4.0, 2.0)
    np.testing.assert_array_equal(plain["target_pose"], pose_maps(given["target_keypoints"], size, *sigmas))
    expected = {name: np.asarray(value) for name, value in pose.generator(plain).items()}
    found = each_sample(model)(**given)
    assert found["generated"].dtype == np.uint8
    assert np.abs(as_float(found["generated"]) - expected["generated"]).max() <= LEVEL / 2 + TOLERANCE
    found["generated"] = expected["generated"]
    assert max(differences(expected, found).values()) <= TOLERANCE


@pytest.mark.slow
def test_a_dance_step_draws_its_structures_itself(tmp_path):
    source, form = source_of("dance"), Form(keypoints=True)
    model = TFLiteModel(convert(source, tmp_path, form)[-1].path)
    given, plain = form_inputs(source, form, seed=5)
    np.testing.assert_array_equal(
        plain["target_structure"], dance_maps(given["target_keypoints"], (32, 64), 4.0, 2.0)
    )
    expected = {name: np.asarray(value) for name, value in source.generator(plain).items()}
    assert max(differences(expected, each_sample(model)(**given)).values()) <= TOLERANCE
    assert model.path.name == "dance_keypoints.tflite" and model.description["joints"] == list(H36M_17)
    state = model.description["state"]
    assert state["first"]["previous_keypoints"] == "reference_keypoints"
    assert state["next"]["previous_keypoints"] == "target_keypoints"


def test_the_description_says_what_every_array_holds(converted):
    description = converted[PHONE].description
    assert description["value_range"] == [0, 255] and description["variant"] == "float32"
    assert tuple(description["joints"]) == JOINTS
    encode, generate = (description["signatures"][name] for name in ("encode", "generate"))
    assert encode["inputs"]["source_image"] == {
        "shape": [1, 32, 64, 3], "type": "uint8", "holds": "RGB", "range": [0, 255]
    }  # fmt: skip
    keypoints = generate["inputs"]["target_keypoints"]
    assert keypoints["shape"] == [1, 18, 3] and "confidence" in keypoints["holds"]
    assert set(encode["outputs"]) == {name for name in generate["inputs"] if name.startswith("encoded")}
    assert generate["outputs"]["mask_1"]["range"] == [0, 1]
    assert "from target to source" in generate["outputs"]["flow_1"]["holds"]
    assert set(description["inputs"]) == {"source_image", "source_keypoints", "target_keypoints"}
    plain = converted[PLAIN].description
    assert plain["value_range"] == [-1, 1] and set(plain["signatures"]) == {"serving_default"}
    assert plain["signatures"]["serving_default"]["inputs"]["source_image"]["range"] == [-1, 1]


def test_forms_go_behind_the_name_and_bring_no_saved_model(pose, converted):
    folder = converted[PLAIN].path.parent
    assert sorted(path.name for path in folder.iterdir()) == [
        *["pose.tflite", "pose_keypoints_uint8_split.tflite", "pose_saved_model", "pose_split.tflite"]
    ]


def test_a_form_that_a_network_does_not_have_is_one_sentence(pose):
    motion = Source(create_generator("motion_extraction", channels=8), task_named("motion"), "mine", None, {})
    face, view = (dataclasses.replace(pose, task=task_named(task), name=task) for task in ("face", "view"))
    for source, form, sentence in (
        (motion, Form(uint8=True), "mine sees no images: leave out --uint8"),
        (motion, Form(split=True), "mine sees no images"),
        (face, Form(keypoints=True), "face is of the task face.* leave out --keypoints"),
        (view, Form(keypoints=True), "leave out --keypoints"),
        (
            source_of("pose", attention="none"),
            Form(split=True),
            "Nothing in pose depends on the source alone",
        ),
    ):
        with pytest.raises(GflaError, match=sentence):
            signatures(source, form)
