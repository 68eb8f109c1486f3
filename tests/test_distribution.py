"""Which devices a training takes, and what it says where it cannot."""

import json
import urllib.error

import pytest
import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.training import distribution
from gfla_tf.training.config import HOW
from gfla_tf.training.distribution import create_distribution
from gfla_tf.training.runs import Run
from tests.helpers.tiny_tasks import tiny_task


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("TF_CONFIG", "TPU_NAME"):
        monkeypatch.delenv(name, raising=False)


class Device:
    def __init__(self, name):
        self.name = name


@pytest.fixture
def machine(monkeypatch):
    """A machine with some GPUs; what the strategy is given comes back in its place."""

    def with_gpus(count):
        gpus = [Device(f"GPU:{i}") for i in range(count)]
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
        monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: gpus)
        taken = []

        class Strategy:
            def __init__(self, names):
                taken.extend(names)
                self.num_replicas_in_sync = len(names)

        monkeypatch.setattr(tf.distribute, "MirroredStrategy", Strategy)
        distribution._mirrored_on.cache_clear()
        return taken

    yield with_gpus
    distribution._mirrored_on.cache_clear()


def test_without_gpus_there_is_one_device_and_no_strategy():
    made = create_distribution("auto", batch_size=4)
    assert made.replicas == 1 and made.is_chief and made.strategy is tf.distribute.get_strategy()
    assert made.distribute(lambda part: part) == (0, 1) and made.of_chief(True) is True


@pytest.mark.parametrize(
    ("gpus", "batch", "parts", "taken"), [(1, 4, 1, 0), (2, 4, 1, 2), (4, 6, 1, 3), (8, 8, 4, 2)]
)
def test_of_several_gpus_as_many_are_taken_as_can_share_the_batch(machine, gpus, batch, parts, taken):
    names = machine(gpus)
    assert create_distribution("auto", batch, parts).replicas == max(1, taken)
    assert names == [f"GPU:{i}" for i in range(taken)]


def test_with_xla_one_of_them_is_taken(machine, caplog):
    assert machine(2) == [] and create_distribution("auto", 4, jit_compile=True).replicas == 1
    assert "1 of the 2 GPUs stay idle" in caplog.text


def test_xla_is_refused_where_devices_are_mirrored(machine):
    machine(2)
    with pytest.raises(
        GflaError, match=r"XLA cannot compile .* set jit_compile=false or distribution=one\.$"
    ):
        create_distribution("mirrored", 4, jit_compile=True)


def test_a_batch_that_cannot_be_shared_is_refused(machine):
    machine(2)
    with pytest.raises(
        GflaError, match=r"batch_size is 6: 2 devices with accumulation_steps 2 .* multiple of 4"
    ):
        create_distribution("mirrored", 6, 2)


@pytest.mark.parametrize(
    "settings",
    [
        "no json",
        "[]",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"ps": ["a:1"], "worker": ["b:1"]}, "task": {"type": "worker", "index": 0}}',
    ],
)
def test_a_tf_config_that_names_no_workers_is_one_sentence(monkeypatch, settings):
    monkeypatch.setenv("TF_CONFIG", settings)
    for kind in ("auto", "multi_worker"):
        with pytest.raises(GflaError, match="TF_CONFIG does not describe workers"):
            create_distribution(kind)


def test_several_workers_without_tf_config_are_refused():
    with pytest.raises(GflaError, match="TF_CONFIG does not name the workers"):
        create_distribution("multi_worker")


def test_a_cluster_of_one_process_is_no_reason_for_workers(monkeypatch):
    cluster = {"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(cluster))
    assert create_distribution("auto").workers == 1


def test_workers_that_meet_too_late_are_one_sentence(monkeypatch):
    tf.zeros(())  # TensorFlow runs
    workers = {"cluster": {"worker": ["127.0.0.1:1", "127.0.0.1:2"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(workers))
    distribution._multi_worker.cache_clear()
    with pytest.raises(GflaError, match="before anything of TensorFlow has run"):
        create_distribution("auto", 2)


def test_a_tpu_that_is_not_there_is_one_sentence():
    with pytest.raises(GflaError, match="Distribution is tpu, but there is none"):
        create_distribution("tpu")


def test_a_tpu_whose_name_cannot_be_resolved_is_one_sentence(monkeypatch):
    monkeypatch.setenv("TPU_NAME", "nowhere")

    def unreachable(name):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(tf.distribute.cluster_resolver, "TPUClusterResolver", unreachable)
    with pytest.raises(GflaError, match=r"there is none \(.*Name or service not known.*\): set TPU_NAME"):
        create_distribution("auto")


def test_a_run_goes_on_with_other_devices_but_not_in_other_precision(tmp_path):
    Run(tiny_task(tmp_path, "motion", "accumulation_steps=2"), tmp_path / "run")
    Run(tiny_task(tmp_path, "motion", "distribution=one"), tmp_path / "run")
    assert "data.directory" in HOW  # files may have moved; synthetic data, as here, have none
    with pytest.raises(GflaError, match="another precision"):
        Run(tiny_task(tmp_path, "motion", "precision=mixed_bfloat16"), tmp_path / "run")
