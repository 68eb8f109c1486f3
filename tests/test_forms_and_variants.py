"""Every form of every task's network in every variant: takes and gives what the form says, and reaches its goal."""

import itertools

import numpy as np
import pytest
from gfla_tf.export.convert.conversion import convert, file_name
from gfla_tf.export.convert.sample_inputs import form_inputs, model_inputs
from gfla_tf.export.convert.signatures import PLAIN, Form
from gfla_tf.export.convert.sources import Source
from gfla_tf.export.quantize.quantization import KINDS, calibrate, quantize
from gfla_tf.export.quantize.sensitivity import squared_error
from gfla_tf.export.quantize.variants import NAMES, Variants

from gfla_tf.litert.runner import TFLiteModel, each_sample
from gfla_tf.metrics.image import psnr
from gfla_tf.models.presets import create_generator
from gfla_tf.training.tasks import task_named
from gfla_tf.training.tasks.samples import Sample
from tests.helpers.rule_weights import fill
from tests.helpers.tiny_sources import tiny_source

pytest.importorskip("ai_edge_quantizer")
FROM_JOINTS = ("pose", "dance")
FORMS = [Form(*chosen) for chosen in itertools.product((False, True), repeat=3)]
TABLE = [(task, form) for task in FROM_JOINTS for form in FORMS]
TABLE += [(task, form) for task in ("face", "view") for form in FORMS if not form.keypoints]
TABLE += [("motion", PLAIN)]
LEAST = 20.0  # dB that these networks, of random weights, have to reach


def source_of(task):
    if task == "motion":
        network = fill(create_generator("motion_extraction", channels=8, dilations=(1, 2)))
        return Source(network, task_named("motion"), "motion", None, {"origin": "a rule", "license": "ours"})
    channels = {"pose_channels": 35} if task == "pose" else {}
    data = {"heat_map_sigma": 4.0, "limb_sigma": 2.0, "drawing": "simple"}
    return tiny_source(task, data, image_size=(32, 32), **channels)


def samples(source, count=4):
    """What a network's data would give: joints and uint8 pictures where it has them."""
    form = Form(keypoints=source.name in FROM_JOINTS, uint8=source.name != "motion")
    for k in range(count):
        given, _ = form_inputs(source, form, seed=k)
        yield Sample({name: value[k % 2][None] for name, value in given.items()}, {}, True)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "form"), TABLE, ids=lambda one: getattr(one, "suffix", one) or "plain")
def test_every_form_has_every_variant(task, form, tmp_path):
    source = source_of(task)
    variants = Variants(NAMES, lambda split, count: samples(source), dict.fromkeys(KINDS, LEAST))
    convert(source, tmp_path, form, variants)
    models = {kind: TFLiteModel(tmp_path / file_name(task, form, kind)) for kind in NAMES}
    drawn = {}
    for kind, model in models.items():
        assert model.description["variant"] == kind and model.inputs == models["float32"].inputs
        assert model.types == models["float32"].types
        drawn[kind] = [model(**inputs) for inputs in model_inputs(model)]
        assert drawn[kind][0].keys() == drawn["float32"][0].keys()
        assert kind == "float32" or psnr(squared_error(drawn[kind], drawn["float32"])) > LEAST - 8
    images = {name for name in models["float32"].inputs if name.endswith("_image")}
    assert {str(models["int8"].types[name]) for name in images} <= {"uint8" if form.uint8 else "float32"}
    least_bytes = min(models, key=lambda kind: models[kind].path.stat().st_size)
    assert least_bytes != "float32"


@pytest.mark.parametrize("kind", ["int8", "int16"])
def test_both_halves_of_a_split_network_are_calibrated(kind, split_pose):
    """The quantizer counts samples before it reads them: those of the second half may not be gone by then."""
    source, model, flatbuffer = split_pose
    inputs = [{name: value for name, value in sample.inputs.items()} for sample in samples(source)]
    quantized = quantize(flatbuffer, kind, calibration=calibrate(flatbuffer, kind, model, inputs))
    path = model.path.with_name(f"{kind}.tflite")
    path.write_bytes(quantized)
    expected, found = (
        [each_sample(one)(**arrays) for arrays in inputs] for one in (model, TFLiteModel(path))
    )
    assert 20 < psnr(squared_error(found, expected)) < 110
    assert np.ptp(found[0]["generated"].astype(float)) > 20


@pytest.fixture(scope="module")
def split_pose(tmp_path_factory):
    """A pose network in the phone's form, as its source, its model and its flatbuffer."""
    from gfla_tf.export.convert.graphs import tflite_flatbuffer

    folder, source = tmp_path_factory.mktemp("split"), source_of("pose")
    flatbuffer = tflite_flatbuffer(source, folder / "graph", Form(keypoints=True, uint8=True, split=True))
    (folder / "float.tflite").write_bytes(flatbuffer)
    return source, TFLiteModel(folder / "float.tflite"), flatbuffer
