"""The command line of conversion: runs and checkpoints, sizes, bad input, and a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from gfla_tf.export.convert.keras_check import TOLERANCE, differences
from gfla_tf.export.convert.sample_inputs import sample_inputs

from gfla_tf.cli import convert
from gfla_tf.inference.animation import animate
from gfla_tf.inference.subjects import subject_of
from gfla_tf.keypoints.dance_structure import dance_maps
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.models.animation import animate as keras_animate
from gfla_tf.models.checkpoint_import import state_dict
from gfla_tf.models.presets import create_generator
from gfla_tf.models.weight_files import save_weights_atomically
from gfla_tf.pictures.drawing import to_uint8
from gfla_tf.training.config import DataConfig, ModelConfig, TrainConfig, save_config
from tests.helpers.pth import save_pth
from tests.helpers.rule_weights import fill

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def quickstart():
    return fill(create_generator("pose_quickstart"))


@pytest.fixture(scope="module")
def checkpoint(quickstart, tmp_path_factory):
    return save_pth(state_dict(quickstart), tmp_path_factory.mktemp("checkpoint") / "latest_net_G.pth")


def refused(capsys, *arguments, status=2):
    """The sentence that a command line fails with."""
    with pytest.raises(SystemExit) as error:
        convert.main([str(argument) for argument in arguments])
    assert error.value.code == status
    output = capsys.readouterr()
    lines = output.err.strip().splitlines()
    assert "Traceback" not in output.err
    assert lines[-1].startswith(("error: ", "gfla convert: error: "))
    return lines[-1]


def test_a_network_without_images_has_no_image_size(tmp_path, capsys):
    network = create_generator("motion_extraction")
    path = save_pth(state_dict(network), tmp_path / "latest_net_G.pth")
    command = ["--checkpoint", path, "--preset", "motion_extraction", "--image-size", 64, 64]
    assert "sees no images: leave out --image-size" in refused(capsys, *command)
    assert [path.name for path in tmp_path.iterdir()] == ["latest_net_G.pth"]


@pytest.mark.slow
def test_a_run_is_converted_beside_it_at_another_size_and_says_what_it_was_trained_on(tmp_path, capsys):
    run = tmp_path / "runs" / "mine"
    run.mkdir(parents=True)
    small = {"image_size": [32, 32], "attention_kernels": {"2": 3}}
    model = ModelConfig(preset="pose_quickstart", generator=small)
    save_config(
        TrainConfig(name="mine", model=model, data=DataConfig(heat_map_sigma=4.5)), run / "config.yaml"
    )
    trained = fill(create_generator("pose_quickstart", **small))
    save_weights_atomically(trained, run / "generator.weights.h5")
    (run / "mine.tflite").write_text("of the run's own size")
    convert.main(["--run", str(run), "--image-size", "32", "48"])
    before = {"config.yaml", "generator.weights.h5", "mine.tflite"}
    assert {path.name for path in run.iterdir()} == before | {"mine_32x48.tflite", "mine_32x48_saved_model"}
    assert (run / "mine.tflite").read_text() == "of the run's own size"
    model = TFLiteModel(run / "mine_32x48.tflite")
    assert model.description["heat_map_sigma"] == 4.5
    assert model.description["image_size"] == [32, 48]
    assert "run mine" in model.description["weights"]["origin"]
    resized = create_generator("pose_quickstart", **{**small, "image_size": [32, 48]})
    resized.set_weights(trained.get_weights())
    inputs = {name: value[:1] for name, value in sample_inputs(resized, seed=3).items()}
    assert max(differences(resized(inputs), model(**inputs)).values()) <= TOLERANCE
    assert "mine_32x48.tflite" in capsys.readouterr().out


def test_a_dance_run_becomes_a_film_on_litert_that_keras_would_draw(tmp_path):
    run = tmp_path / "dancer"
    run.mkdir()
    widths = {"base_channels": 4, "max_channels": 8, "flow_base_channels": 4, "flow_max_channels": 8}
    small = {"image_size": [32, 32], "attention_kernels": {"1": 3}, "attention_units": 4, **widths}
    small |= {"depth": 1, "flow_depth": 2}
    config = TrainConfig(
        name="dancer",
        task="dance",
        model=ModelConfig(preset="dance_quickstart", generator=small),
        data=DataConfig(heat_map_sigma=1.5, limb_sigma=0.7, drawing="simple"),
    )
    save_config(config, run / "config.yaml")
    trained = fill(create_generator("dance_quickstart", **small))
    save_weights_atomically(trained, run / "generator.weights.h5")
    convert.main(["--run", str(run)])
    model = TFLiteModel(run / "dancer.tflite")
    assert (model.description["heat_map_sigma"], model.description["limb_sigma"]) == (1.5, 0.7)
    draw = np.random.default_rng(0)
    image = draw.integers(0, 256, (32, 32, 3), np.uint8)
    poses = np.concatenate([draw.uniform(4, 28, (5, 17, 2)), np.ones((5, 17, 1))], -1).astype(np.float32)
    frames = animate(model, subject_of(model), image, poses[0], poses[1:])
    reference, *targets = dance_maps(poses, (32, 32), 1.5, 0.7)[:, None]
    source = image[None].astype(np.float32) / 127.5 - 1
    for found, outputs in zip(frames, keras_animate(trained, source, reference, targets), strict=True):
        expected = to_uint8(np.asarray(outputs["generated"])[0])
        assert np.abs(found.astype(int) - expected).max() <= 1 and expected.std() > 20


def test_bad_input_is_one_sentence_and_leaves_no_output(quickstart, checkpoint, tmp_path, capsys):
    output = tmp_path / "out"

    def sentence(path=checkpoint, preset="pose_quickstart", *more):
        return refused(capsys, "--checkpoint", path, "--preset", preset, "--output", output, *more)

    assert "must be multiples of 16" in sentence(checkpoint, "pose_quickstart", "--image-size", 100, 64)
    unknown = sentence(preset="pose_paris")
    assert "There is no preset 'pose_paris': choose one of " in unknown and "pose_deepfashion" in unknown
    assert "is of another network" in sentence(preset="motion_extraction")
    assert "does not exist" in sentence(tmp_path / "missing.pth")
    assert "choose the preset that it was trained with" in sentence(preset="pose_market")
    truncated = tmp_path / "truncated.pth"
    truncated.write_bytes(checkpoint.read_bytes()[:50_000])
    assert "is not a PyTorch state dict that can be read safely" in sentence(truncated)
    arrays = state_dict(quickstart)
    arrays["target.outconv.model.2.bias"] = arrays["target.outconv.model.2.bias"] * np.nan
    assert "holds values that are no numbers" in sentence(save_pth(arrays, tmp_path / "nan.pth"))
    assert not output.exists()


def test_a_run_that_is_none_is_one_sentence(tmp_path, capsys):
    assert "does not exist" in refused(capsys, "--run", tmp_path / "nowhere")
    assert "is not a training run" in refused(capsys, "--run", tmp_path)
    save_config(TrainConfig(model=ModelConfig(preset="pose_quickstart")), tmp_path / "config.yaml")
    assert "generator.weights.h5" in refused(capsys, "--run", tmp_path)
    (tmp_path / "generator.weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    assert "generator.weights.h5" in refused(capsys, "--run", tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.yaml", "generator.weights.h5"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--checkpoint", "a.pth"],
        ["--run", "a", "--preset", "pose_market"],
        ["--run", "a", "--checkpoint", "b"],
    ],
)
def test_sources_that_contradict_each_other_are_one_sentence(arguments, capsys):
    assert "--" in refused(capsys, *arguments)


def test_help_shows_examples_without_waiting_for_tensorflow():
    program = "import sys; from gfla_tf.cli import convert\ntry: convert.main(['--help'])"
    program += "\nfinally: assert 'tensorflow' not in sys.modules"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "gfla convert --run runs/pose_quickstart" in result.stdout


@pytest.mark.slow
def test_a_kill_during_conversion_leaves_the_old_files(checkpoint, tmp_path):
    (tmp_path / "pose_quickstart_saved_model").mkdir()
    (tmp_path / "pose_quickstart_saved_model" / "old").write_text("old")
    (tmp_path / "pose_quickstart.tflite").write_text("old")
    command = f"convert.py --checkpoint {checkpoint} --preset pose_quickstart --output {tmp_path}".split()
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    temporary = tmp_path / ".pose_quickstart.tflite.converting"
    try:
        while not (temporary / "pose_quickstart_saved_model" / "saved_model.pb").exists():
            assert process.poll() is None, "the conversion ended before it could be killed"
            time.sleep(0.005)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    assert [p.name for p in (tmp_path / "pose_quickstart_saved_model").iterdir()] == ["old"]
    assert (tmp_path / "pose_quickstart.tflite").read_text() == "old"
    assert temporary.exists(), "the kill came after the conversion"
    convert.main(command[1:])
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "pose_quickstart.tflite",
        "pose_quickstart_saved_model",
    ]
    assert (tmp_path / "pose_quickstart_saved_model" / "saved_model.pb").is_file()
    TFLiteModel(tmp_path / "pose_quickstart.tflite")
