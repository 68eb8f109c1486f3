"""`gfla verify`: what a file does where phones run it, in a table, and an exit status that tells."""

import json

import numpy as np
import pytest
import tensorflow as tf
from gfla_tf.export.verify import accelerators
from gfla_tf.export.verify.accelerators import run, why_not
from gfla_tf.export.verify.verification import LOWEST_PSNR, verify

from gfla_tf.cli import lint
from gfla_tf.cli import verify as program
from gfla_tf.errors import GflaError
from gfla_tf.litert.description import write_description
from gfla_tf.models.presets import create_generator
from gfla_tf.models.weight_files import save_weights_atomically
from gfla_tf.training.config import ModelConfig, TrainConfig, save_config
from tests.helpers.small_tflite import write_tflite

SIZE = (1, 8, 8, 3)


def squared(x, scale):
    """Of values in [-1, 1]; the square of what is scaled up overflows half precision beyond 65504."""
    x = scale * x
    return tf.tanh(x * x / scale**2)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files of one picture in and one out: one that is good, one that overflows half precision, one that breaks a rule."""
    folder = tmp_path_factory.mktemp("verified")
    functions = {
        "good": lambda source_image: squared(source_image, 1.0),
        "overflowing": lambda source_image: squared(source_image, 1000.0),
        "sliced": lambda source_image: tf.tanh(source_image[:, 3]),
    }
    return {
        name: write_tflite(folder / f"{name}.tflite", f, source_image=SIZE) for name, f in functions.items()
    }


def verified(capsys, *arguments):
    with pytest.raises(SystemExit) as status:
        program.main([str(argument) for argument in arguments])
    return status.value.code, capsys.readouterr()


def test_a_good_file_passes_and_the_outcome_is_written(files, tmp_path, capsys):
    code, output = verified(capsys, files["good"], "--on", "cpu", "cpu_fp16", "--json", tmp_path / "out.json")
    assert code == 0, output
    assert "fit for GPU delegates" in output.out and "| serving_default | cpu_fp16 |" in output.out
    written = json.loads((tmp_path / "out.json").read_text())[str(files["good"])]
    assert written["findings"] == []
    on_cpu, half = written["checks"]
    assert on_cpu["difference"] < 1e-5 and on_cpu["psnr"] > 100 and on_cpu["seconds"] > 0
    assert half["difference"] > 1e-5 and LOWEST_PSNR < half["psnr"] < 90


def test_of_a_file_for_the_cpu_alone_nothing_else_is_asked(files, tmp_path, capsys):
    path = tmp_path / "for_cpus.tflite"
    path.write_bytes(files["sliced"].read_bytes())
    shapes = {"inputs": {"source_image": SIZE}, "outputs": {"generated": SIZE}}
    claims = {"task": "pose", "weights": {}, "image_size": list(SIZE[1:3]), "lowering": "cpu"}
    write_description(path, claims | shapes)
    code, output = verified(capsys, path, "--on", "cpu", "cpu_fp16")
    assert code == 0 and f"{path}: for the CPU alone" in output.out and output.out.count("good |") == 1
    assert output.out.count("left out: the file is for the CPU alone, in float32") == 1
    with pytest.raises(SystemExit) as ended:
        lint.main([str(path)])
    assert ended.value.code == 1 and "for the CPU alone, by its --lowering" in capsys.readouterr().out


def test_a_file_that_loses_half_precision_fails(files, capsys):
    code, output = verified(capsys, files["overflowing"], "--on", "cpu", "cpu_fp16")
    assert code == 1 and output.out.count("WRONG: less than 35 dB") == 1 and output.out.count("good |") == 1


def test_a_file_that_breaks_a_rule_fails_with_the_node(files, capsys):
    code, output = verified(capsys, files["good"], files["sliced"], "--on", "cpu")
    assert code == 1 and "STRIDED_SLICE -> " in output.out and "(rule: slice)" in output.out


def test_a_difference_is_seen(files):
    samples = [{"source_image": np.random.default_rng(0).normal(size=SIZE).astype(np.float32)}]
    _, (check,) = verify(files["good"], samples, ("cpu",))
    assert check.wrong is None
    # The same file on an input of one pixel's difference: an accelerator that would do that has to be caught.
    original = accelerators.run

    def other(path, inputs, *rest):
        changed = [
            {name: value + 0.01 * (np.arange(3) == 1) for name, value in arrays.items()} for arrays in inputs
        ]
        changed[0]["source_image"][0, 0, 0, 0] += 0.5
        return original(path, changed, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gfla_tf.export.verify.verification.run", other)
        _, (check,) = verify(files["good"], samples, ("cpu",))
    assert "generated differ by more than 0.001" in check.wrong


def test_not_a_number_in_a_later_sample_is_seen(files):
    samples = [{"source_image": np.full(SIZE, value, np.float32)} for value in (0.5, 0.25)]
    original = accelerators.run

    def other(path, inputs, *rest):
        ran = original(path, inputs, *rest)
        ran.outputs[1]["generated"][0, 0] = np.nan
        return ran

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gfla_tf.export.verify.verification.run", other)
        _, checks = verify(files["good"], samples, ("cpu", "cpu_fp16"))
    assert [bool(check.wrong) for check in checks] == [True, True] and np.isnan(checks[0].difference)


@pytest.mark.parametrize("option", ["--samples", "--repeats"])
def test_verifying_on_nothing_is_refused(files, capsys, option):
    with pytest.raises(SystemExit) as ended:
        program.main([str(files["good"]), option, "0"])
    assert ended.value.code == 2 and f"{option} is 0: it must be at least 1" in capsys.readouterr().err


def test_bad_files_are_one_sentence(files, tmp_path, capsys):
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(files["good"].read_bytes()[:300])
    for path, words in ((damaged, "is damaged"), (tmp_path / "none.tflite", "Cannot read the model")):
        code, output = verified(capsys, path)
        assert code == 2 and output.err.count("\n") == 1 and words in output.err and str(path) in output.err


def test_a_run_of_another_task_is_one_sentence(tmp_path, capsys):
    dance, run = tmp_path / "dance.tflite", tmp_path / "pose"
    write_tflite(dance, lambda previous_image: squared(previous_image, 1.0), previous_image=SIZE)
    shapes = {"inputs": {"previous_image": SIZE}, "outputs": {"generated": SIZE}}
    write_description(dance, {"task": "dance", "weights": {}, "image_size": list(SIZE[1:3]), **shapes})
    run.mkdir()
    small = {"image_size": [32, 32], "attention_kernels": {"2": 3}}
    config = TrainConfig(name="pose", model=ModelConfig(preset="pose_quickstart", generator=small))
    save_config(config, run / "config.yaml")
    network = create_generator("pose_quickstart", **small)
    save_weights_atomically(network, run / "generator.weights.h5")
    code, output = verified(capsys, dance, "--run", run)
    assert code == 2 and output.err.count("\n") == 1
    assert output.err.startswith(f"error: {dance} is of the task dance and the run {run} of pose: ")


def driver(folder, name, version):
    path = folder / name
    path.write_text(json.dumps({"ICD": {"api_version": version, "library_path": "none.so"}}))
    return path


def test_why_an_accelerator_cannot_be_used_is_said(tmp_path, monkeypatch, files):
    monkeypatch.delenv("VK_DRIVER_FILES", raising=False)
    monkeypatch.setattr(accelerators.ctypes.util, "find_library", lambda name: "libvulkan.so.1")
    monkeypatch.setenv("VK_ICD_FILENAMES", str(driver(tmp_path, "lvp_icd.x86_64.json", "1.3.230")))
    assert "too old" in why_not("gpu")
    monkeypatch.setenv("VK_ICD_FILENAMES", str(driver(tmp_path, "lvp_icd.json", "1.4.305")))
    assert why_not("gpu") is None and why_not("gpu_fp16") is None
    monkeypatch.setenv("VK_ICD_FILENAMES", str(driver(tmp_path, "vk_swiftshader_icd.json", "1.0.5")))
    assert why_not("gpu") is None and "SwiftShader has no half precision" in why_not("gpu_fp16")
    monkeypatch.setenv("VK_ICD_FILENAMES", str(tmp_path / "missing.json"))
    assert "missing.json cannot be read" in why_not("gpu")
    monkeypatch.delenv("VK_ICD_FILENAMES")
    monkeypatch.setattr(accelerators, "_FOLDERS", (str(tmp_path / "nowhere"),))
    assert "no Vulkan driver is installed" in why_not("gpu") and why_not("cpu_fp16") is None
    with pytest.raises(GflaError, match="cannot be run on gpu: no Vulkan driver is installed"):
        run(files["good"], [], "gpu")
    _, (check,) = verify(files["good"], accelerators=("gpu",))
    assert check.wrong is None and "no Vulkan driver" in check.left_out
    with pytest.raises(GflaError, match="There is no accelerator 'npu'"):
        why_not("npu")


@pytest.mark.skipif(why_not("gpu") is not None, reason=f"no GPU accelerator here: {why_not('gpu')}")
def test_a_good_file_passes_on_the_gpu_accelerator(files):
    findings, (check,) = verify(files["good"], accelerators=("gpu",))
    assert findings == [] and check.wrong is None and check.left_out is None and check.difference < 1e-5


def test_help_shows_examples(capsys):
    code, output = verified(capsys, "--help")
    assert code == 0 and "gfla verify model.tflite" in output.out
