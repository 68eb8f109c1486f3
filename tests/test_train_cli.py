"""`gfla train`: what it prints, how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gfla_tf.cli import train as program
from gfla_tf.training.tasks import pose
from tests.helpers.tiny_run import render_here, write_config

REPOSITORY = Path(__file__).parents[1]


def run_program(*arguments, cwd):
    return subprocess.run(
        [sys.executable, REPOSITORY / "train.py", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, cwd=cwd, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


@pytest.fixture
def train(monkeypatch, tmp_path):
    """`train.main` as a function of its arguments, in an empty directory."""

    def call(*arguments):
        program.main([*map(str, arguments)])

    monkeypatch.chdir(tmp_path)
    return call


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.yaml"], "Cannot read the configuration nowhere.yaml"),
        (["tiny.yaml", "full.stepz=3"], "no key full.stepz"),
        (["tiny.yaml", "--runs", "elsewhere", "model.generator.image_size=[33, 32]"], "image_size [33, 32]"),
    ],
)
def test_bad_input_is_one_line_on_standard_error_and_exit_status_2(tmp_path, arguments, says):
    write_config(tmp_path)
    ended = run_program(*arguments, cwd=tmp_path)
    assert ended.returncode == 2 and ended.stdout == ""
    errors = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and says in errors[0]
    assert "Traceback" not in ended.stderr and ended.stderr.strip().endswith(errors[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["features.weights.h5", "tiny.yaml"]


def test_a_dry_run_prints_the_resolved_configuration_and_the_models_and_writes_nothing(
    train, tmp_path, capsys
):
    train(write_config(tmp_path), "full.steps=5", "--dry-run")
    printed = capsys.readouterr().out
    assert "name: tiny" in printed and "batch_size: 2" in printed and "beta_2: 0.999" in printed
    assert "  steps: 5" in printed
    for network in ("source_encoder", "flow_estimator", "target_net", "DiscriminatorBlock"):
        assert network in printed
    assert printed.count("Total params") == 2
    assert not (tmp_path / "runs").exists()


def test_a_dry_run_of_what_cannot_be_trained_is_refused_too(train, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        train(write_config(tmp_path), "model.generator.wings=2", "--dry-run")
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(
        "error: PoseGenerator (preset pose_quickstart) has no setting wings"
    )


def test_resume_goes_on_with_a_run_that_is_there_and_refuses_to_begin_one(
    train, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(pose, "render_frames", render_here)
    l1_alone = [
        f"full.{term}=0" for term in ("adversarial", "correctness", "regularization", "content", "style")
    ]
    arguments = [write_config(tmp_path), "flow.steps=0", "full.steps=3", "checkpoint_every=1", *l1_alone]
    with pytest.raises(SystemExit) as ended:
        train(*arguments, "--resume")
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "error: There is no run in runs/tiny to resume: leave out --resume to begin one, or say which as name=.\n"
    )
    assert not (tmp_path / "runs").exists()
    train(*arguments)
    (tmp_path / "runs" / "tiny" / "generator.weights.h5").unlink()
    for newest in (tmp_path / "runs" / "tiny" / "checkpoints" / "full").glob("ckpt-3.*"):
        newest.write_bytes(b"")
    capsys.readouterr()
    train(*arguments, "--resume")
    assert "tiny, full stage: resuming from step 2\n" in capsys.readouterr().out
    assert (tmp_path / "runs" / "tiny" / "generator.weights.h5").is_file()


def test_options_may_stand_between_overrides_and_the_run_lies_where_it_was_told(
    train, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(pose, "render_frames", render_here)
    l1_alone = [
        f"full.{term}=0" for term in ("adversarial", "correctness", "regularization", "content", "style")
    ]
    arguments = [
        write_config(tmp_path),
        "flow.steps=0",
        "--runs",
        tmp_path / "kept",
        "full.steps=1",
        "name=x",
        *l1_alone,
    ]
    train(*arguments)
    assert capsys.readouterr().out.splitlines()[-1] == f"trained: {tmp_path / 'kept' / 'x'}"
    assert (tmp_path / "kept" / "x" / "generator.weights.h5").is_file()
    with pytest.raises(SystemExit) as ended:
        train(*arguments, "seed=5")
    assert ended.value.code == 2
    assert "another seed: choose another name=" in capsys.readouterr().err
