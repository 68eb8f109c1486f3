"""A published dance network sees, in the demo and in its files, the structures that it was trained on."""

import json

import numpy as np
import pytest
from gfla_tf.export.convert.describe import task_fields
from gfla_tf.export.convert.graphs import tflite_flatbuffer
from gfla_tf.export.convert.signatures import Form
from gfla_tf.export.convert.sources import Source, from_checkpoint

from gfla_tf.data.builders.dance_frames import joints_of
from gfla_tf.inference.animation import animate
from gfla_tf.inference.subjects import Dancer, subject_of
from gfla_tf.keypoints.joint_orders import COCO_17, H36M_17, to_coco, to_h36m
from gfla_tf.keypoints.published_dance import drawing, published_structure
from gfla_tf.keypoints.published_drawing import structure_arrays
from gfla_tf.litert.description import write_description
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.models.animation import first_state, sequence
from gfla_tf.models.presets import create_generator
from gfla_tf.pictures.drawing import to_uint8
from gfla_tf.training.tasks import task_named
from tests.helpers.parity import Record, data_record, requires_parity
from tests.helpers.rule_weights import fill

SIZE = (64, 64)
DESCRIPTION = {
    "task": "dance", "subject": "dancer", "joints": H36M_17, "reference_joints": COCO_17, "heat_map_sigma": 6.0,
    "limb_sigma": 2.0, "drawing": "published",
}  # fmt: skip


def write_people(path, joints):
    """OpenPose JSON of one person (n, 3)."""
    path.write_text(json.dumps({"people": [{"pose_keypoints_2d": np.ravel(joints).tolist()}]}))
    return path


@requires_parity
def test_the_demo_draws_the_recorded_structures_of_the_recorded_files(tmp_path):
    record = data_record("data_dance_fashion_test")
    subject = Dancer({**DESCRIPTION, "image_size": [256, 256]}, "dance.tflite")
    files = {"reference": ("noisy_json", None), "frame0": ("clean_json", 0), "frame1": ("clean_json", 1)}
    for name, (array, frame) in files.items():
        of = subject.of_source if name == "reference" else subject
        keypoints = record[array] if frame is None else record[array][frame]
        keypoints = joints_of(keypoints, record["frame_file"].shape[:2], (256, 256))
        found = of.find(write_people(tmp_path / f"{name}.json", keypoints))
        structure = of.maps(found, None).transpose(2, 0, 1)
        np.testing.assert_allclose(structure[:17, ::4, ::4], record[f"{name}_maps"], atol=1e-5)
        np.testing.assert_array_equal(structure[17:], record[f"{name}_drawing"])


def converted(source, path, form):
    """The `TFLiteModel` of a source in a form, with its description."""
    path.write_bytes(tflite_flatbuffer(source, path.with_suffix(""), form))
    model = TFLiteModel(path)
    fields = {"weights": source.weights, "inputs": model.inputs, "outputs": model.outputs}
    write_description(path, {**task_fields(source), **fields})
    return TFLiteModel(path)


class Unconverted:
    """What the demo runs, with the Keras model in place of its .tflite: that one is converted and compared in other tests."""

    path = "dance.tflite"

    def __init__(self, source):
        self.generator, self.description = source.generator, task_fields(source)
        self.inputs = source.generator.input

    def __call__(self, **inputs):
        return {name: np.asarray(x) for name, x in self.generator(inputs, training=False).items()}


def film(frames, size):
    """Keypoints (frames, 18, 3) of a person who moves before a noisy detector, without the right wrist in one frame."""
    random, place = np.random.default_rng(5), np.random.default_rng(6)
    standing = place.uniform(0.2, 0.8, (18, 2)) * size[::-1]
    places = standing + np.cumsum(random.normal(0, 1, (frames, 18, 2)), axis=0)
    keypoints = np.concatenate([places, np.ones((frames, 18, 1))], axis=-1).astype(np.float32)
    keypoints[1, 4] = 0
    return keypoints


@requires_parity
def test_a_published_checkpoint_driven_from_a_noisy_film_gives_the_picture_of_its_structures(tmp_path):
    torch = pytest.importorskip("torch")
    record, path = Record("dance"), tmp_path / "latest_net_G.pth"
    torch.save({name: torch.from_numpy(array) for name, array in record.state_dict.items()}, path)
    source = from_checkpoint(path, "dance_fashionvideo").at_size(SIZE)
    model = Unconverted(source)
    assert model.description["drawing"] == "published"
    poses = film(3, SIZE)
    files = [write_people(tmp_path / f"{k}.json", pose) for k, pose in enumerate(poses)]
    image = np.random.default_rng(7).integers(0, 256, (*SIZE, 3), np.uint8)

    subject = subject_of(model)
    reference, targets = subject.of_source.find(files[0]), [subject.find(file) for file in files[1:]]
    drawn = list(animate(model, subject, image, reference, targets))

    structure = published_structure(to_coco(poses[0]), SIZE, "reference")[None]
    structures = [published_structure(to_h36m(pose), SIZE, "target")[None] for pose in poses[1:]]
    state = first_state(np.float32(image[None]) / 127.5 - 1, structure)
    expected = [to_uint8(outputs["generated"][0]) for outputs in sequence(model, state, structures)]
    for ours, theirs in zip(drawn, expected, strict=True):
        assert np.abs(ours.astype(int) - theirs).max() <= 1
    # Another picture than with the drawing of our own training runs.
    own = Dancer({**DESCRIPTION, "image_size": SIZE, "drawing": "simple"}, "dance.tflite")
    others = list(animate(model, own, image, to_h36m(poses[0]), targets))
    assert np.abs(others[-1].astype(int) - drawn[-1]).mean() > 5


def test_a_file_that_draws_inside_draws_the_published_structures_before_the_first_frame_too(tmp_path):
    generator = create_generator(
        "dance_fashionvideo", image_size=SIZE, base_channels=4, max_channels=8, flow_base_channels=4, flow_max_channels=8,
        attention_units=8,
    )  # fmt: skip
    source = Source(fill(generator), task_named("dance"), "tiny", tmp_path, {"origin": "drawn by lot"})
    model = converted(source, tmp_path / "tiny.tflite", Form(keypoints=True))
    poses, random = film(4, SIZE), np.random.default_rng(8)
    images = random.uniform(-1, 1, (2, 1, *SIZE, 3)).astype(np.float32)
    reference, targets = to_coco(poses[0])[None], to_h36m(poses[1:])[:, None]
    given = {"reference_image": images[0], "reference_keypoints": reference}
    structure = structure_arrays(reference, SIZE, "reference")
    for k, target in enumerate(targets):
        before = reference if k == 0 else targets[k - 1]
        found = model(**given, previous_image=images[1], previous_keypoints=before, target_keypoints=target)
        role = "reference" if k == 0 else "target"
        expected = generator(
            {
                "reference_image": images[0],
                "reference_structure": structure,
                "previous_image": images[1],
                "previous_structure": structure_arrays(before, SIZE, role),
                "target_structure": structure_arrays(target, SIZE, "target"),
            },
            training=False,
        )
        for name, value in found.items():
            np.testing.assert_allclose(value, expected[name], atol=2e-3 * np.abs(expected[name]).max())


@pytest.mark.parametrize("role", ["target", "reference"])
def test_the_drawing_in_closed_form_differs_from_the_exact_one_in_a_few_pixels(role):
    random, differing, drawn = np.random.default_rng(0), [], []
    for _ in range(20):
        joints = np.ones((17, 3))
        joints[:, :2] = (random.uniform(60, 196, 2) + random.normal(0, 30, (17, 2))).clip(3, 252)
        exact = drawing(joints, (256, 256), role)
        closed = structure_arrays(joints, (256, 256), role)[..., 17:]
        differing.append(int((exact != closed).any(axis=-1).sum()))
        drawn.append(int(exact.any(axis=-1).sum()))
    assert np.mean(differing) < 0.005 * np.mean(drawn)
    assert max(differing) < 0.05 * np.mean(drawn)
