"""Networks that keep texture: what they give, what teaches them, and what phones take of them."""

import numpy as np
import pytest
import tensorflow as tf
import yaml
from gfla_tf.export.convert.conversion import convert
from gfla_tf.export.convert.keras_check import differences
from gfla_tf.export.convert.sample_inputs import form_inputs
from gfla_tf.export.convert.signatures import Form
from gfla_tf.export.convert.sources import Source
from gfla_tf.export.verify.lint import lint

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import JOINTS, LIMBS
from gfla_tf.litert.runner import TFLiteModel, each_sample
from gfla_tf.losses.features import create_feature_extractor
from gfla_tf.losses.perceptual import lpips_loss
from gfla_tf.losses.texture import alpha_error, kept_pixels, mask_error, role_error
from gfla_tf.metrics.lpips import Lpips
from gfla_tf.metrics.lpips_weights import lpips_weights_file, read_lpips_weights
from gfla_tf.models.presets import create_generator
from gfla_tf.ops.sampling import bilinear_sample
from gfla_tf.training.config_file import load_config
from gfla_tf.training.objectives.people import PeopleObjective
from gfla_tf.training.tasks import task_named
from gfla_tf.training.tasks.pose import PoseTask
from tests.helpers.rule_weights import randomize
from tests.helpers.tiny_run import render_here

NARROW = {
    "attention_units": 4, "base_channels": 4, "max_channels": 8, "flow_base_channels": 4, "flow_max_channels": 8,
}  # fmt: skip
PHONE = Form(keypoints=True, uint8=True, split=True, lowering="resampler")


def small(name="people_128", **settings):
    return randomize(create_generator(name, **{**NARROW, "image_size": (64, 64), **settings}))


def inputs_of(generator, batch=2, seed=0):
    random = np.random.default_rng(seed)
    return {
        name: random.uniform(-1 if name.endswith("image") else 0, 1, (batch, *tensor.shape[1:])).astype(
            np.float32
        )
        for name, tensor in generator.input.items()
    }


def test_every_pixel_is_a_mixture_of_drawn_warped_and_kept():
    generator = small()
    inputs = inputs_of(generator)
    outputs = {name: np.array(value) for name, value in generator(inputs).items()}
    image, roles = inputs["source_image"], outputs["roles"]
    np.testing.assert_allclose(roles.sum(-1), 1, atol=1e-6)
    assert roles.min() < 0.2 and roles.max() > 0.6
    warped = np.array(bilinear_sample(image, outputs["flow_0"]))
    expected = roles[..., :1] * outputs["drawn"] + roles[..., 1:2] * warped + roles[..., 2:] * image
    np.testing.assert_allclose(outputs["generated"], np.clip(expected, -1, 1), atol=1e-5)
    assert 0 <= outputs["alpha"].min() < outputs["alpha"].max() <= 1


@pytest.mark.parametrize("attention", ["bilinear", "none"])
def test_the_trunk_has_ablations_whose_head_warps_as_before(attention):
    generator = small(attention=attention)
    outputs = generator(inputs_of(generator))
    assert set(outputs) == set(small().output)
    assert not any("attn" in weight.path for weight in generator.weights)
    assert (generator.source_encoder is None) == (attention == "none")
    copy = create_generator("people_128", **{**NARROW, "image_size": (64, 64), "attention": attention})
    copy.set_weights(generator.get_weights())
    np.testing.assert_allclose(copy(inputs_of(generator))["generated"], outputs["generated"], atol=1e-6)


def test_an_untrained_network_carries_the_source_along_by_its_limbs():
    generator = create_generator("people_128", **NARROW)
    x, y = np.meshgrid(np.arange(48), np.arange(64))
    poses = []
    for shift in (0, 3):
        pose = np.zeros((1, 64, 48, len(JOINTS) + len(LIMBS)), np.float32)
        for joint in range(len(JOINTS)):
            distance = (x - 12 - shift - joint) ** 2 + (y - 6 - 3 * joint) ** 2
            pose[0, ..., joint] = np.exp(-distance / (2 * 6.0**2))
        poses.append(pose)
    image = inputs_of(generator, 1)["source_image"]
    outputs = generator({"source_image": image, "source_pose": poses[0], "target_pose": poses[1]})
    flow = np.array(outputs["flow_0"])[0, 40:90, 30:60]
    np.testing.assert_allclose(flow.mean((0, 1)), [-6, 0], atol=0.8)  # 3 pixels of the trunk to the left


def test_weights_of_one_size_and_stride_load_into_another():
    phone, slow = create_generator("people_256"), create_generator("people_128")
    assert [w.shape for w in phone.weights] == [w.shape for w in slow.weights]
    assert phone.output["generated"].shape == (None, 256, 192, 3)
    assert phone.input["source_pose"].shape == (None, 64, 48, 35) == slow.input["source_pose"].shape
    assert phone.levels == (4, 3) and slow.levels == (3, 2)
    again = type(phone).from_config(phone.get_config())
    assert again.get_config() == phone.get_config()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pose_stride": 3}, "pose_stride is 3: it must be 2 or 4"),
        ({"attention_kernels": {3: 3}}, "the first has to be 2"),
        ({"attention_kernels": {1: 3, 2: 3}}, "the first has to be 2"),
        ({"image_size": (96, 90)}, "must be multiples of 32"),
        ({"attention": "global"}, "no attention .global. here: choose one of local, bilinear, none"),
    ],
)
def test_settings_that_cannot_be_are_one_sentence(settings, message):
    with pytest.raises(GflaError, match=message):
        create_generator("people_128", **settings)


def test_masks_and_outlines_are_right_when_they_say_what_is_visible():
    visible = np.zeros((1, 8, 8, 1), np.float32)
    visible[:, :, :4] = 1
    right = visible[:, ::4, ::4]
    assert float(mask_error(right, visible, 2)) < 1e-3 < 3 < float(mask_error(1 - right, visible, 2))
    half = np.full((1, 1, 1, 1), 0.5, np.float32)  # one block, half of it visible
    assert float(mask_error(half, visible, 3)) == pytest.approx(np.log(2), rel=1e-4)
    assert float(alpha_error(visible, visible)) < 1e-3 < 3 < float(alpha_error(1 - visible, visible))


def test_the_right_role_is_to_warp_what_is_visible_else_to_keep_what_is_the_same_else_to_draw():
    source, target = (np.zeros((1, 1, 4, 3), np.float32) for _ in range(2))
    target[0, 0, 3] = 0.5  # a background that changed
    people = np.array([1, 1, 0, 0], np.float32).reshape(1, 1, 4, 1)
    visible = np.array([1, 0, 0, 0], np.float32).reshape(1, 1, 4, 1)
    kept = np.array(kept_pixels(source, target, people * 0, people))
    assert kept.ravel().tolist() == [0, 0, 1, 0]
    right = np.eye(3, dtype=np.float32)[[1, 0, 2, 0]].reshape(1, 1, 4, 3)
    assert float(role_error(right, visible, kept, people)) < 1e-3
    for pixel in range(4):
        wrong = right.copy()
        wrong[0, 0, pixel] = np.roll(wrong[0, 0, pixel], 1)
        assert float(role_error(wrong, visible, kept, people)) > 1


def test_vgg16_features_are_those_of_lpips_and_its_loss_is_lpips():
    weights = read_lpips_weights("vgg16", lpips_weights_file("vgg16"))
    reference, features = Lpips(weights), create_feature_extractor("vgg16")
    random = np.random.default_rng(0)
    first, second = random.uniform(-1, 1, (2, 2, 32, 48, 3)).astype(np.float32)
    drawn, wanted = (features(images, None) for images in (first, second))
    layers = list(features.linear)
    for name, expected in zip(layers, reference.features(first), strict=True):
        np.testing.assert_allclose(drawn[name], expected, atol=2e-4)
    loss = lpips_loss(
        [drawn[n] for n in layers], [wanted[n] for n in layers], [features.linear[n] for n in layers]
    )
    assert float(loss) == pytest.approx(float(reference(first, second).mean()), rel=1e-4)


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    settings = {
        "name": "tiny",
        "batch_size": 2,
        "data": {"identities": 2, "frames": 3, "pose_stride": 2, "heat_map_sigma": 8.0, "limb_sigma": 3.0},
        "model": {"preset": "people_128", "initial_gain": 1.0, "generator": {"image_size": [64, 64], **NARROW}},
        "features": {"network": "none"},
        "flow": {"steps": 1, "correctness": 0.0, "flow_error": 0.1, "masks": 2.0},
        "full": {
            "steps": 1, "l1": 5.0, "person_weight": 4.0, "flow_error": 0.1, "masks": 2.0, "roles": 1.0, "alpha": 0.5,
            "drawn": 1.0,
            "adversarial": 0.0, "correctness": 0.0, "content": 0.0, "style": 0.0,
        },
    }  # fmt: skip
    path = tmp_path_factory.mktemp("people") / "tiny.yaml"
    path.write_text(yaml.safe_dump(settings))
    return PoseTask(load_config(path))


def test_the_objective_has_a_finite_gradient_in_every_part(task):
    generator = create_generator("people_128", image_size=(64, 64), **NARROW)
    task.check(generator, None)
    batch = next(iter(task.dataset(render_here((64, 64), "train", 0, 2, 3, True), seed=0, start=0)))
    assert batch["source_pose"].shape == (2, 32, 32, 35)
    objective = task.objective(generator, None, task.config.full, lambda step: 1.0)
    assert isinstance(objective, PeopleObjective)
    batch["totals"] = objective.totals(batch)
    with tf.GradientTape() as tape:
        terms = objective.terms(batch, objective.outputs(generator, batch, True), 0)
        loss = sum(objective.weights[name] * value for name, value in terms.items())
    assert {"l1", "drawn", "masks", "roles", "alpha", "flow_error"} <= set(terms)
    assert all(np.isfinite(float(value)) and float(value) >= 0 for value in terms.values())
    gradients = tape.gradient(loss, generator.trainable_variables)
    assert all(np.isfinite(np.array(g)).all() for g in gradients if g is not None)
    # The source encoder's last block is behind the coarsest attention level: nothing reads it.
    missing = {v.path.split("/")[0] for v, g in zip(generator.trainable_variables, gradients) if g is None}
    assert missing <= {"encoder1"}


def test_stage_flow_learns_flows_and_masks_alone(task):
    generator = create_generator("people_128", image_size=(64, 64), **NARROW)
    network = task.flow_network(generator)
    batch = next(iter(task.dataset(render_here((64, 64), "train", 0, 2, 3, True), seed=0, start=0)))
    objective = task.objective(generator, None, task.config.flow, lambda step: 1.0)
    batch["totals"] = objective.totals(batch)
    terms = objective.terms(batch, objective.outputs(network, batch, True), 0)
    assert {"flow_error", "masks"} <= set(terms) and not {"l1", "roles", "alpha"} & set(terms)


def test_other_networks_know_no_roles(task):
    generator = create_generator("pose_quickstart", image_size=(64, 64), pose_channels=35)
    with pytest.raises(GflaError, match=r"pose_stride is 2: this generator wants 1"):
        task.check(generator, None)


@pytest.fixture(scope="module")
def source():
    task = task_named("pose", heat_map_sigma=12.0, limb_sigma=3.0, pose_stride=2)
    return Source(small(), task, "people", None, {"origin": "a test", "license": "ours"})


def test_a_phone_gets_it_from_keypoints_and_bytes_in_two_signatures_within_the_delegates_rules(
    source, tmp_path
):
    path = convert(source, tmp_path, PHONE)[-1].path
    assert [str(finding) for finding in lint(path)] == []


def test_on_litert_it_is_what_it_is_in_keras(source, tmp_path):
    form = Form(keypoints=True, split=True)
    model = each_sample(TFLiteModel(convert(source, tmp_path, form)[-1].path))
    given, plain = form_inputs(source, form, seed=3)
    expected = {name: np.array(value) for name, value in source.generator(plain, training=False).items()}
    assert max(differences(expected, model(**given)).values()) <= 1e-4
