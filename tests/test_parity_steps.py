"""One step of every training is the published one: losses, gradients, what discriminators see, Adam's updates, spectral norm.

Networks give recorded outputs, and VGG-19 is replaced by recorded 1x1 convolutions, so that no weights are needed.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.layers.spectral_norm import SpectralConv2D
from gfla_tf.training.config import StageConfig
from gfla_tf.training.config_file import load_config
from gfla_tf.training.objectives.animation import AnimationObjective
from gfla_tf.training.objectives.image import PairObjective
from gfla_tf.training.optimizers import create_adam
from gfla_tf.training.tasks.motion import MotionObjective
from gfla_tf.training.trainer import Trainer
from tests.helpers.parity import data_record, requires_parity

pytestmark = requires_parity

LOSSES = 1e-5  # relative
GRADIENTS = 1e-5  # of the largest
LEVELS = {3: 3, 2: 5}  # kernels of the attention
FLOW_TERMS = ("correctness", "regularization")


def published(name):
    """A published configuration."""
    return load_config(f"configs/{name}.yaml")


class StandInFeatures:
    """The recorded stand-in for VGG-19, with the layers that the losses compare."""

    def __init__(self, record):
        self.kernels = dict(
            zip(
                record["feature_names"], zip(record["feature_kernels"], record["feature_biases"], strict=True)
            )
        )
        layer = "relu{}".format
        self.content_layers = [layer(f"{block}_1") for block in range(1, 6)]
        self.style_layers = [layer(name) for name in ("2_2", "3_4", "4_4", "5_2")]

    def __call__(self, images, poses=None):
        features = {}
        for name, (kernel, bias) in self.kernels.items():
            size = 2 ** (int(name.partition("_")[0][-1]) - 1)
            pooled = tf.nn.avg_pool2d(images, size, size, "VALID")
            features[f"relu{name[-3:]}"] = tf.nn.relu(pooled @ kernel.T + bias)
        return features

    def correctness_layer(self, level):
        return f"relu{level + 1}_1"


class Recorded(keras.Model):
    """A generator whose outputs are variables."""

    def __init__(self, outputs, levels):
        super().__init__()
        self.outputs_ = {name: keras.Variable(x, name=name) for name, x in outputs.items()}
        self.levels, self.attention_kernels = list(levels), levels
        self.image_size = (32, 32)

    def call(self, inputs=None, training=False):
        return {name: tf.identity(x.value) for name, x in self.outputs_.items()}


def nhwc(array, channel=1):
    return np.moveaxis(array, channel, -1)


def discriminator(kernel, bias):
    """A convolution with stride 4 and the recorded kernel (out, in, ...)."""
    rank = kernel.ndim - 2
    layer = (keras.layers.Conv2D, keras.layers.Conv3D)[rank - 2]
    size = kernel.shape[2:]
    model = keras.Sequential([layer(1, size, (1, 4, 4)[-rank:])])
    model.build((None, *([None] * rank), kernel.shape[1]))
    model.layers[0].set_weights([np.moveaxis(kernel, (0, 1), (-1, -2)), bias])
    return model


class Recorder:
    """Notes the gradients that an optimizer's updates are given."""

    def __init__(self, updates):
        self._updates, self.gradients = updates, None

    def __getattr__(self, name):
        return getattr(self._updates, name)

    def apply(self, gradients):
        self.gradients = gradients
        return self._updates.apply(gradients)


def step_of(objective, network, batch, stage, record=None, roles=(), adversarial="lsgan", picks=None):
    """One step of training: logs, {output: its gradient} and the discriminators."""
    names = {"discriminator": "D", "video_discriminator": "D_V"}
    judges = {
        role: discriminator(record[f"{names[role]}_kernel"], record[f"{names[role]}_bias"]) for role in roles
    }
    trainer = Trainer(network, objective, judges, adversarial)
    trainer.compile(
        create_adam(stage, stage.learning_rate),
        {role: create_adam(stage, stage.discriminator_learning_rate) for role in roles},
        run_eagerly=True,
    )
    if picks is not None:
        turns = {"discriminators": picks[:2], "generator": picks[2:]}
        order = ("frame", "triple")
        trainer.pick = lambda step, turn: (
            lambda count, purpose: tf.constant(int(turns[turn][order.index(purpose)]))
        )
    recorder = trainer.updates["generator"] = Recorder(trainer.updates["generator"])
    logs = {name: float(x) for name, x in trainer.train_step(batch).items()}
    gradients = dict(zip(network.outputs_, recorder.gradients, strict=True))
    return logs, gradients, judges


def assert_close(ours, recorded, channel=1):
    """Gradients (clips, [frames,] h, w, channels), within 1e-5 of the largest."""
    recorded = nhwc(recorded, channel)
    np.testing.assert_allclose(ours, recorded, atol=GRADIENTS * np.abs(recorded).max())


def pair_objective(record, stage, levels):
    """Objective, network and batch of a recorded pair."""
    flows = {f"flow_{level}": nhwc(record[f"flow_{level}"]) for level in levels}
    images = {"generated": nhwc(record["generated"])} if "generated" in record else {}
    network = Recorded({**images, **flows}, levels)
    objective = PairObjective(network, StandInFeatures(record), stage, lambda step: 2.0, "pose")
    objective.outputs = lambda network, batch, training: network(None)
    batch = {f"{role}_image": tf.constant(nhwc(record[role])) for role in ("source", "target")}
    return objective, network, batch


PAIR_LOSSES = ("l1", "correctness", "content", "style", "regularization", "adversarial")


@pytest.mark.parametrize(
    ("name", "config", "losses"),
    [
        ("step_pose", "pose_deepfashion", "losses"),
        ("step_pose", "pose_market", "market_losses"),
        ("step_view", "view_shapenet", "losses"),
    ],
)
def test_a_step_of_pairs_is_the_published_one(name, config, losses):
    record, config = data_record(name), published(config)
    stage, levels = config.full, LEVELS if losses == "losses" else {2: 3}
    objective, network, batch = pair_objective(record, stage, levels)
    logs, gradients, judges = step_of(
        objective, network, batch, stage, record, ["discriminator"], config.adversarial_kind
    )
    ours = [getattr(stage, term) * logs[term] for term in PAIR_LOSSES]
    ours += [logs["discriminator_loss"], logs["generator_loss"]]
    np.testing.assert_allclose(ours, record[losses], rtol=LOSSES)
    if losses == "losses":
        for output, gradient in gradients.items():
            assert_close(gradient, record[f"grad_{output}"])
        kernel = np.moveaxis(judges["discriminator"].layers[0].kernel.numpy(), (-1, -2), (0, 1))
        np.testing.assert_allclose(kernel, record["D_kernel_after"], rtol=1e-6, atol=1e-9)


def test_a_step_with_the_hinge_loss_is_the_published_one():
    record, stage = data_record("step_pose"), published("pose_deepfashion").full
    objective, network, batch = pair_objective(record, stage, LEVELS)
    logs, _, _ = step_of(objective, network, batch, stage, record, ["discriminator"], "hinge")
    ours = stage.adversarial * logs["adversarial"], logs["discriminator_loss"]
    np.testing.assert_allclose(ours, record["hinge_losses"], rtol=LOSSES)


@pytest.mark.parametrize(
    ("name", "config", "losses"),
    [
        ("step_flow", "pose_deepfashion", "losses"),
        ("step_flow", "pose_market", "market_losses"),
        ("step_flow_view", "view_shapenet", "losses"),
    ],
)
def test_a_step_of_the_flow_stage_is_the_published_one(name, config, losses):
    record, stage = data_record(name), published(config).flow
    levels = LEVELS if losses == "losses" else {2: 3}
    objective, network, batch = pair_objective(record, stage, levels)
    logs, gradients, _ = step_of(objective, network, batch, stage)
    ours = [getattr(stage, term) * logs[term] for term in FLOW_TERMS] + [logs["generator_loss"]]
    np.testing.assert_allclose(ours, record[losses], rtol=LOSSES)
    if losses == "losses":
        for output, gradient in gradients.items():
            assert_close(gradient, record[f"grad_{output}"])


def clip_objective(record, stage, previous, video, sources=("previous", "reference"), masked=False):
    """Objective, network and batch of six recorded frames of two clips."""
    outputs = {"generated": nhwc(record["generated"], 2)}
    for source in ("previous", "reference"):
        outputs |= {f"flow_{source}_{level}": nhwc(record[f"flow_{source}_{level}"], 2) for level in LEVELS}
    network = Recorded(outputs, LEVELS)
    objective = AnimationObjective(
        network, StandInFeatures(record), stage, lambda step: 2.0, 2, previous, video
    )
    objective.flows = {source: f"flow_{source}" for source in sources}
    reference = tf.constant(nhwc(record["reference"]))

    def run(network, batch, training):
        outputs = network(None)
        before = tf.concat([reference[:, None], outputs["generated"][:, :-1]], axis=1)
        return {**outputs, "previous_images": before}

    objective.outputs = run
    batch = {
        "target_images": tf.constant(nhwc(record["targets"], 2)),
        "reference_image": reference,
        "previous_image": reference,
    }
    if masked:
        batch["target_persons"] = tf.constant(nhwc(record["masks"], 2), tf.float32)
    return objective, network, batch


CLIPS = {
    "dance": ("step_dance", "dance_fashionvideo", "true", "clip", "losses", False),
    "iper": ("step_dance", "dance_iper", "true", "clip", "masked_losses", True),
    "face": ("step_face", "face_faceforensics", "generated", "differences", "losses", False),
}


@pytest.mark.parametrize("task", CLIPS)
def test_a_step_of_clips_is_the_published_one(task):
    name, config, previous, video, losses, masked = CLIPS[task]
    record, config = data_record(name), published(config)
    stage = config.full
    objective, network, batch = clip_objective(record, stage, previous, video, masked=masked)
    roles = ["discriminator", "video_discriminator"]
    kind = config.adversarial_kind
    logs, gradients, judges = step_of(objective, network, batch, stage, record, roles, kind, record["picks"])
    (
        l1, correctness_previous, correctness_reference, content, style, regularization_previous,
        regularization_reference, adversarial, discriminator_loss, adversarial_2, discriminator_2, total,
    ) = record[losses]  # fmt: skip
    ours = [getattr(stage, term) * logs[term] for term in PAIR_LOSSES]
    expected = [
        l1, correctness_previous + correctness_reference, content, style, regularization_previous + regularization_reference,
        adversarial + adversarial_2,
    ]  # fmt: skip
    np.testing.assert_allclose(ours, expected, rtol=LOSSES)
    ours = [logs[key] for key in ("discriminator_loss", "video_discriminator_loss", "generator_loss")]
    np.testing.assert_allclose(ours, [discriminator_loss, discriminator_2, total], rtol=LOSSES)
    for source, *expected in (
        ("previous", correctness_previous, regularization_previous),
        ("reference", correctness_reference, regularization_reference),
    ):
        alone, network, batch = clip_objective(record, stage, previous, video, [source], masked)
        terms = alone.terms(batch, alone.outputs(network, batch, True), 0)
        ours = [getattr(stage, term) * float(terms[term]) for term in FLOW_TERMS]
        np.testing.assert_allclose(ours, expected, rtol=LOSSES)
    if losses == "losses":
        for output, gradient in gradients.items():
            assert_close(gradient, record[f"grad_{output}"], 2)
        for role, known in (("discriminator", "D"), ("video_discriminator", "D_V")):
            kernel = np.moveaxis(judges[role].layers[0].kernel.numpy(), (-1, -2), (0, 1))
            np.testing.assert_allclose(kernel, record[f"{known}_kernel_after"], rtol=1e-6, atol=1e-9)


def test_a_step_of_motion_extraction_is_the_published_one():
    record, stage = data_record("step_motion"), published("motion_human36m").full
    output = tf.Variable(nhwc(record["output"]))
    objective = MotionObjective(stage)
    with tf.GradientTape() as tape:
        terms = objective.terms({"clean": nhwc(record["target"])}, {"clean": output}, 0)
        loss = stage.joints * terms["joints"]
    assert float(loss) == pytest.approx(float(record["losses"][0]), rel=LOSSES)
    assert_close(tape.gradient(loss, output), record["grad_output"])


ADAMS = {
    "step_pose": ("generator", "pose_deepfashion", "full"),
    "step_view": ("generator", "view_shapenet", "full"),
    "step_dance": ("generator", "dance_iper", "full"),
    "step_face": ("generator", "face_faceforensics", "full"),
    "step_flow": ("flow", "pose_market", "flow"),
    "step_motion": ("", "motion_human36m", "full"),
}


@pytest.mark.parametrize("name", ADAMS)
def test_two_updates_of_adam_are_the_published_ones(name):
    what, config, stage = ADAMS[name]
    record, stage = data_record(name), getattr(published(config), stage)
    prefix = f"adam_{what}_" if what else "adam_"
    variable = keras.Variable(record[f"{prefix}start"])
    optimizer = create_adam(stage, stage.learning_rate)
    optimizer.build([variable])
    for step in (1, 2):
        optimizer.apply([tf.constant(record[f"{prefix}gradients"][step - 1])])
        np.testing.assert_allclose(variable.numpy(), record[f"{prefix}after_{step}"], rtol=1e-6, atol=1e-8)


def test_keras_adam_makes_another_step_where_gradients_are_small():
    record = data_record("step_pose")
    gradients = record["adam_generator_gradients"][0]
    steps = {}
    for adam, epsilon in (("pytorch", 1e-8), ("keras", 1e-7)):
        variable = keras.Variable(record["adam_generator_start"])
        optimizer = create_adam(StageConfig(adam=adam, epsilon=epsilon), 1e-4)
        optimizer.build([variable])
        optimizer.apply([tf.constant(gradients)])
        steps[adam] = np.abs(variable.numpy() - record["adam_generator_start"])
    small = (np.abs(gradients) > 1e-8) & (np.abs(gradients) < 1e-6)
    assert small.any() and np.median(steps["keras"][small] / steps["pytorch"][small]) < 0.5


def test_the_spectral_norm_over_a_training_step_is_the_published_one():
    record = data_record("step_spectral")
    kernel = record["kernel"].transpose(2, 3, 1, 0)
    layer = SpectralConv2D(8, 4, strides=2, padding="same")
    inputs = record["inputs"].transpose(0, 1, 3, 4, 2)
    layer.build(inputs.shape[1:])
    for variable, value in ((layer.kernel, kernel), (layer.bias, record["bias"])):
        variable.assign(value)
    layer.u.assign(record["u0"])
    layer.v.assign(record["v0"])
    coefficients = nhwc(record["coefficients"])
    for call in (1, 2, 3):
        with tf.GradientTape() as tape:
            output = layer(inputs[call - 1], training=True)
            total = tf.reduce_sum(output * coefficients)
        gradient = tape.gradient(total, layer.kernel.value)
        np.testing.assert_allclose(layer.u, record[f"u{call}"], atol=1e-5)
        np.testing.assert_allclose(layer.v, record[f"v{call}"], atol=1e-5)
        np.testing.assert_allclose(output, nhwc(record[f"output_{call}"]), atol=1e-5)
        expected = record[f"grad_{call}"].transpose(2, 3, 1, 0)
        np.testing.assert_allclose(gradient, expected, atol=1e-5 * np.abs(expected).max())
    np.testing.assert_allclose(layer(inputs[0]), nhwc(record["output_eval"]), atol=1e-5)
    np.testing.assert_array_equal(layer.u, layer.u)


class Counting(keras.layers.Layer):
    """Counts the calls in which it is trained."""

    def __init__(self):
        super().__init__()
        self.trained = 0

    def call(self, inputs, training=False):
        self.trained += bool(training)
        return inputs


def test_the_power_iteration_runs_three_times_in_a_step():
    record, stage = data_record("step_pose"), published("pose_deepfashion").full
    objective, network, batch = pair_objective(record, stage, LEVELS)
    counting = Counting()
    judge = keras.Sequential([keras.Input((32, 32, 3)), counting, keras.layers.Conv2D(1, 4, 4)])
    counting.trained = 0
    trainer = Trainer(network, objective, {"discriminator": judge})
    trainer.compile(create_adam(stage, 1e-4), {"discriminator": create_adam(stage, 1e-5)}, run_eagerly=True)
    trainer.train_step(batch)
    assert counting.trained == 3
