"""Recorded networks of every task through a .pth file and the command line, compared with their recorded outputs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gfla_tf.cli import convert
from gfla_tf.litert.runner import TFLiteModel, each_sample
from gfla_tf.models.animation import first_state, sequence
from tests.helpers.parity import Record, largest_difference, nchw, nhwc, requires_parity
from tests.helpers.pth import save_pth
from tests.test_parity import FLOWS, IMAGES, MASKS
from tests.test_parity_animation import FRAME_FLOWS, FRAMES, KEYPOINTS, VIEW_IMAGE

ROOT = Path(__file__).parents[1]


def check_parity(name, directory, inputs, image=IMAGES):
    """Runs the .tflite on the record's inputs and compares with the record's outputs."""
    record, model = Record(name), TFLiteModel(directory)
    outputs = each_sample(model)(**inputs(record))
    assert largest_difference(nchw(outputs["generated"]), record.outputs["image"]) < image
    for i, entry in enumerate(model.description["attention"]):
        flow, level = record.outputs[f"flow_{i}"], entry["level"]
        assert largest_difference(nchw(outputs[f"flow_{level}"]), flow) / np.abs(flow).max() < FLOWS
        assert largest_difference(nchw(outputs[f"mask_{level}"]), record.outputs[f"mask_{i}"]) < MASKS
    assert "non-commercial" in model.description["weights"]["license"]


def people(record):
    """The inputs of a pose network."""
    names = {
        "source_image": "source_image",
        "source_pose": "source_structure",
        "target_pose": "target_structure",
    }
    return {ours: nhwc(record.inputs[theirs]) for ours, theirs in names.items()}


def objects(record):
    """The inputs of a view network."""
    views = {f"{role}_view": record.outputs[f"{role}_structure"][:, :, 0, 0] for role in ("source", "target")}
    return {"source_image": nhwc(record.inputs["source_image"]), **views}


def convert_record(name, preset, folder, *more):
    """The .tflite that the command makes of a record's weights in a published file."""
    path = save_pth(Record(name).state_dict, folder / "latest_net_G.pth", "module.")
    convert.main(["--checkpoint", str(path), "--preset", preset, "--output", str(folder / "models"), *more])
    (path,) = (folder / "models").glob(f"{preset}*.tflite")
    return path


@pytest.mark.slow
@requires_parity
def test_the_market_network_through_a_pth_file_and_the_command_line(tmp_path):
    path = save_pth(Record("pose_market").state_dict, tmp_path / "latest_net_G.pth")
    command = [sys.executable, "convert.py", "--checkpoint", path, "--preset", "pose_market"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert "operations: " in result.stdout and str(tmp_path / "pose_market_saved_model") in result.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "latest_net_G.pth",
        "pose_market.tflite",
        "pose_market_saved_model",
    ]
    check_parity("pose_market", tmp_path / "pose_market.tflite", people)


@requires_parity
@pytest.mark.slow
def test_the_fashion_network_through_a_pth_file_with_prefixes(tmp_path):
    check_parity("pose_fashion", convert_record("pose_fashion", "pose_deepfashion", tmp_path), people)


@requires_parity
@pytest.mark.slow
def test_the_view_network_through_a_pth_file(tmp_path):
    path = convert_record("view_shapenet", "view_shapenet", tmp_path)
    check_parity("view_shapenet", path, objects, VIEW_IMAGE)


@requires_parity
@pytest.mark.slow
@pytest.mark.parametrize(("name", "preset"), [("dance", "dance_fashionvideo"), ("face", "face_forensics")])
def test_the_networks_that_animate_through_a_pth_file(name, preset, tmp_path):
    record, model = (
        Record(name),
        TFLiteModel(convert_record(name, preset, tmp_path, "--image-size", "64", "64")),
    )
    assert model.description["task"] == name and "non-commercial" in model.description["weights"]["license"]
    reference = [nhwc(record.inputs[f"reference_{kind}"]) for kind in ("image", "structure")]
    structures = np.moveaxis(np.moveaxis(record.inputs["target_structures"], 2, -1), 1, 0)
    frames = list(sequence(model, first_state(*reference), structures))
    assert len(frames) == 3
    for k, outputs in enumerate(frames):
        assert largest_difference(nchw(outputs["generated"]), record.outputs["images"][:, k]) < FRAMES
        for i, entry in enumerate(model.description["attention"]):
            for j, source in enumerate(("previous", "reference")):
                flow, mask = (outputs[f"{kind}_{source}_{entry['level']}"] for kind in ("flow", "mask"))
                at = f"t{k}_{2 * i + j}"
                assert largest_difference(nchw(flow), record.outputs[f"flow_{at}"]) < FRAME_FLOWS
                assert largest_difference(nchw(mask), record.outputs[f"mask_{at}"]) < FRAMES


@requires_parity
def test_the_motion_network_through_a_pth_file(tmp_path):
    record = Record("motion_extraction")
    model = TFLiteModel(convert_record("motion_extraction", "motion_extraction", tmp_path))
    clean = each_sample(model)(keypoints=nhwc(record.inputs["keypoints"]))["clean"]
    assert largest_difference(nchw(clean), record.outputs["clean"]) < KEYPOINTS
    assert "non-commercial" in model.description["weights"]["license"]
