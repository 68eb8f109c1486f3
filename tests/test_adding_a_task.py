"""docs/adding_a_task.md, run as it stands there: a new task trains through both stages, learns its flow, and becomes int8."""

import csv
import functools
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from gfla_tf.export.convert.conversion import convert
from gfla_tf.export.convert.sources import from_run
from gfla_tf.export.quantize.representative import from_training
from gfla_tf.export.quantize.variants import Variants

from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.models.presets import PRESETS
from gfla_tf.ops.sampling import bilinear_sample
from gfla_tf.training.config_file import load_config
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import TASKS

PAGE = (Path(__file__).parents[1] / "docs" / "adding_a_task.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def task():
    """`BallTask`, made known as the page says."""
    page = {}
    network, data = blocks("python")
    exec(network, page)
    exec(data, page)
    # Functions that live in no module cannot go to other processes.
    page["parallel_map"] = lambda function, jobs, what: [function(job) for job in jobs]
    TASKS["ball"] = page["BallTask"]
    yield page["BallTask"]
    del TASKS["ball"], PRESETS["ball_quickstart"]


def test_the_true_flow_of_the_page_leads_from_the_target_to_the_source(task):
    bank = task(None).render((32, 32), "train", 0, 3, 4)
    images, flow, visible = bank.frames["image"], bank.pairs["flow"], bank.pairs["visibility"]
    for identity in range(3):
        for source in range(4):
            for k, target in enumerate(t for t in range(4) if t != source):
                moved = bilinear_sample(
                    images[identity, source][None].astype(np.float32), flow[identity, source, k][None]
                )
                where = visible[identity, source, k]
                center = cv2.erode(where.astype(np.uint8), np.ones((3, 3))).astype(bool)
                difference = np.abs(np.asarray(moved)[0] - images[identity, target])
                assert where.sum() > 50 and difference[center].max() < 1e-3


@pytest.mark.slow
def test_the_page_trains_a_ball_that_moves(task, tmp_path):
    path = tmp_path / "ball.yaml"
    (settings,) = blocks("yaml")
    path.write_text(settings)
    run = Run(load_config(path, ["flow.steps=120", "full.steps=20", "steps_per_epoch=60"]), tmp_path / "run")
    run.train()
    with open(run.directory / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["stage"], row["step"]) for row in rows] == [("flow", "60"), ("flow", "120"), ("full", "20")]
    assert float(rows[1]["flow_error"]) < 0.75 * float(rows[0]["flow_error"])
    assert cv2.imread(str(run.directory / "images" / "full_0000020.png")).std() > 10
    source = from_run(run.directory)
    data = functools.partial(from_training, source)
    (converted,) = convert(source, tmp_path, variants=Variants(("int8",), data, {"int8": 10.0}))
    model = TFLiteModel(converted.path)
    assert model.description["task"] == "ball" and model.description["variant"] == "int8"
    assert model.inputs.keys() == {"source_image", "source_pose", "target_pose"}
