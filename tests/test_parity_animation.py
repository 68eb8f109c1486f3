"""The networks of animation, views and motion compute what the published ones compute, within ten times what a fresh
implementation agreed to; loaded from arrays and, where PyTorch is installed, through `.pth` files."""

import numpy as np
import pytest

from gfla_tf.models.animation import animate
from gfla_tf.models.checkpoint_import import load_pth, load_state_dict, state_dict
from gfla_tf.models.presets import create_discriminator, create_generator
from tests.helpers.parity import Record, largest_difference, nchw, nhwc, requires_parity

pytestmark = requires_parity

# Flows of views are compared relative to the largest flow, as in test_parity.py. Frames feed back, so animations agree less well.
IMAGES, FLOWS, MASKS, LOGITS, KEYPOINTS = 3e-5, 1e-5, 3e-5, 1e-6, 3e-5
FRAMES, FRAME_FLOWS = 1e-4, 1e-3
# Where a view's flows are its own, their rounding errors (5e-5 of 20 pixels in the record alone) show in its image: evaluated in
# float64, the network differs from the record by 2.6e-5.
VIEW_IMAGE = 1e-4


@pytest.fixture(params=["state dict", "file", "file with module."])
def load(request, tmp_path):
    """Loads the weights of a record into a model, one way or another; each gives back the same names and arrays."""

    def load(model, record):
        if request.param == "state dict":
            load_state_dict(model, record.state_dict)
        else:
            torch = pytest.importorskip("torch")
            prefix = "module." if "module." in request.param else ""
            path = tmp_path / "latest_net.pth"
            state = {prefix + name: torch.from_numpy(array) for name, array in record.state_dict.items()}
            torch.save(state, path)
            load_pth(model, path)
        assert {name: array.shape for name, array in state_dict(model).items()} == {
            name: array.shape for name, array in record.state_dict.items()
        }

    return load


@pytest.mark.parametrize(("name", "preset"), [("dance", "dance_fashionvideo"), ("face", "face_forensics")])
def test_animation_matches_the_published_network_over_three_frames(name, preset, load):
    record = Record(name)
    generator = create_generator(preset, image_size=(64, 64))
    load(generator, record)
    reference = [nhwc(record.inputs[f"reference_{kind}"]) for kind in ("image", "structure")]
    structures = np.moveaxis(record.inputs["target_structures"], 2, -1)
    frames = list(animate(generator, *reference, np.moveaxis(structures, 1, 0)))
    assert len(frames) == 3
    for k, outputs in enumerate(frames):
        assert largest_difference(nchw(outputs["generated"]), record.outputs["images"][:, k]) < FRAMES
        for i, level in enumerate(generator.levels):
            for j, source in enumerate(("previous", "reference")):
                flow = record.outputs[f"flow_t{k}_{2 * i + j}"]
                mask = record.outputs[f"mask_t{k}_{2 * i + j}"]
                assert largest_difference(nchw(outputs[f"flow_{source}_{level}"]), flow) < FRAME_FLOWS
                assert largest_difference(nchw(outputs[f"mask_{source}_{level}"]), mask) < MASKS


def test_view_generator_matches_the_published_network(load):
    record = Record("view_shapenet")
    generator = create_generator("view_shapenet")
    load(generator, record)
    views = {
        "source_view": record.outputs["source_structure"][:, :, 0, 0],
        "target_view": record.outputs["target_structure"][:, :, 0, 0],
    }
    outputs = generator({"source_image": nhwc(record.inputs["source_image"]), **views})
    assert largest_difference(nchw(outputs["generated"]), record.outputs["image"]) < VIEW_IMAGE
    recorded = {"target_view": views["target_view"]}
    features = generator.source_encoder(nhwc(record.inputs["source_image"]))
    for i, level in enumerate(generator.levels):
        flow, mask = record.outputs[f"flow_{i}"], record.outputs[f"mask_{i}"]
        assert largest_difference(nchw(outputs[f"flow_{level}"]), flow) / np.abs(flow).max() < FLOWS
        assert largest_difference(nchw(outputs[f"mask_{level}"]), mask) < MASKS
        recorded |= {f"flow_{level}": nhwc(flow), f"mask_{level}": nhwc(mask)}
        recorded[f"source_{level}"] = np.asarray(features[f"level_{level}"])
    drawn = generator.target_net(recorded)
    assert largest_difference(nchw(drawn["generated"]), record.outputs["image"]) < IMAGES


def test_motion_extraction_matches_the_published_network(load):
    record = Record("motion_extraction")
    network = create_generator("motion_extraction")
    load(network, record)
    clean = network({"keypoints": nhwc(record.inputs["keypoints"])})["clean"]
    assert largest_difference(nchw(clean), record.outputs["clean"]) < KEYPOINTS


@pytest.mark.parametrize(
    ("name", "preset", "key"),
    [
        ("discriminator_temporal", "dance_fashionvideo", "clip"),
        ("discriminator_face_motion", "face_forensics", "image"),
    ],
)
def test_video_discriminator_matches_the_published_network(name, preset, key, load):
    record = Record(name)
    discriminator = create_discriminator(preset, (64, 64), role="video_discriminator")
    load(discriminator, record)
    logits = discriminator(nhwc(record.inputs[key]))
    assert largest_difference(nchw(logits), record.outputs["logits"]) < LOGITS
