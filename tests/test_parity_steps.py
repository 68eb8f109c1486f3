"""One step of every training is the published one: losses, gradients, what discriminators see and become.

Networks give recorded outputs, and VGG-19 is replaced by recorded 1x1 convolutions, so that no weights are needed.
"""

import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.training.objectives.animation import AnimationObjective
from gfla_tf.training.tasks.motion import MotionObjective
from tests.helpers.parity import data_record, requires_parity
from tests.helpers.recorded_steps import (
    LEVELS,
    Recorded,
    StandInFeatures,
    assert_close,
    nhwc,
    pair_objective,
    published,
    step_of,
)

pytestmark = requires_parity

LOSSES = 1e-5  # relative
FLOW_TERMS = ("correctness", "regularization")
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
