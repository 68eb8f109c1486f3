"""On which devices training runs: `tf.distribute` strategies, chosen by the setting `distribution`.

The rows of a batch are shared out in order: on every step, replica r of R gets rows r * n / R to (r + 1) * n / R of n. Replicas
are numbered worker after worker.
"""

import contextlib
import functools
import json
import logging
import os
import re

import tensorflow as tf

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.training.worker_timeout import worker_timeout

DISTRIBUTIONS = ("auto", "one", "mirrored", "multi_worker", "tpu")

_log = logging.getLogger(__name__)


def create_distribution(kind="auto", batch_size=1, accumulation_steps=1, jit_compile=False):
    """The `Distribution` of a training run in this process. Workers find each other here: nothing of TensorFlow may run before.

    Args:
        kind: "one" device; "mirrored": all GPUs of the machine, or where it has none all its logical CPUs; "multi_worker": the
            workers that the environment variable TF_CONFIG names, each with all its GPUs; "tpu": the TPU that the environment
            variable TPU_NAME names, or the machine's own. "auto": workers where TF_CONFIG names several, a TPU where TPU_NAME
            names one, otherwise as many GPUs as can share the batch equally, otherwise one device.
        batch_size: samples of a step, on all devices together.
        accumulation_steps: parts into which each device cuts its share.
        jit_compile: whether XLA is to compile the step.

    Raises:
        GflaError: there are no such devices, they cannot share the batch equally, or XLA cannot compile their step.
    """
    devices = None
    if kind == "auto":
        kind = _of_this_machine(jit_compile)
        if kind == "mirrored":
            shares = max(1, batch_size // accumulation_steps)
            devices = _shared_by(shares, tf.config.list_logical_devices("GPU"))
    if jit_compile and kind in ("mirrored", "multi_worker"):
        raise GflaError(
            f"jit_compile is true and distribution is {kind}: XLA cannot compile steps in which mirrored devices exchange their "
            "gradients, so set jit_compile=false or distribution=one."
        )
    if kind == "mirrored":
        distribution = Distribution(_mirrored(devices))
    else:
        distribution = {"one": Distribution, "multi_worker": _multi_worker, "tpu": _tpu}[kind]()
    wanted = distribution.replicas * accumulation_steps
    if batch_size % wanted:
        raise GflaError(
            f"batch_size is {batch_size}: {distribution.replicas} devices with accumulation_steps {accumulation_steps} cannot "
            f"share it equally, so give a multiple of {wanted}."
        )
    return distribution


class Distribution:
    """A strategy, and who does what under it.

    Args:
        strategy: a `tf.distribute.Strategy`; None for one device.
        workers: processes that train together.
        is_chief: whether this process is the one of them that writes files.

    Attributes:
        replicas: number of devices that share a batch.
    """

    def __init__(self, strategy=None, workers=1, is_chief=True):
        self._is_default = strategy is None
        self.strategy = tf.distribute.get_strategy() if strategy is None else strategy
        self.replicas = self.strategy.num_replicas_in_sync
        self.workers, self.is_chief = workers, is_chief

    def scope(self):
        """The context in which models, optimizers and everything else that holds variables is made."""
        return self.strategy.scope()

    def distribute(self, parts):
        """Batches as `fit` takes them: each replica gets its rows.

        Args:
            parts: function from (i, n) to an endless `tf.data.Dataset` of part i of n of the batches, {name: (rows, ...)}.
        """
        if self._is_default:
            return parts((0, 1))

        def of_worker(context):
            here = self.replicas // context.num_input_pipelines

            def shares(x):
                return tf.reshape(x, (here, x.shape[0] // here, *x.shape[1:]))

            batches = parts((context.input_pipeline_id, context.num_input_pipelines))
            batches = (
                batches.map(lambda batch: tf.nest.map_structure(shares, batch)).unbatch().prefetch(2 * here)
            )
            # Otherwise workers would ask each other before every step whether there is another batch.
            return batches.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))

        return self.strategy.distribute_datasets_from_function(of_worker)

    def of_chief(self, number):
        """The chief's int or bool, on every worker; each waits for all others."""
        if self.workers == 1:
            return number

        @tf.function
        def exchange(own):
            return self.strategy.run(_sum_over_replicas, args=(own,))

        total = exchange(tf.constant(float(number) if self.is_chief else 0.0))
        total = self.strategy.experimental_local_results(total)[0]
        return type(number)(round(float(total) * self.workers / self.replicas))

    def chief_first(self, function):
        """What a function without tensors gives, called by the chief and then by the others, who may find files that it left."""
        if self.is_chief:
            result = function()
        self.of_chief(0)
        return result if self.is_chief else function()

    @contextlib.contextmanager
    def together(self):
        """Where workers train together: the loss of one of them is a `GflaError` of the others."""
        try:
            yield
        except tf.errors.OpError as error:
            lost = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError)
            if self.workers == 1 or not isinstance(error, lost):
                raise
            said = re.search(r"Collective ops is aborted by: ([^\n]+)", error.message)
            raise GflaError(
                f"Another worker of this training run has ended ({said[1] if said else reason_of(error)}): start all "
                "workers again, and they resume from the last checkpoint."
            ) from error


def _sum_over_replicas(value):
    here = tf.identity(value)  # on the replica's device, which an exchange has to know
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, here)


def _of_this_machine(jit_compile):
    if _tasks() > 1:
        return "multi_worker"
    if os.environ.get("TPU_NAME"):
        return "tpu"
    gpus = len(tf.config.list_physical_devices("GPU"))
    if gpus > 1 and jit_compile:
        _log.warning("jit_compile works on one device: %d of the %d GPUs stay idle.", gpus - 1, gpus)
    return "mirrored" if gpus > 1 and not jit_compile else "one"


def _shared_by(shares, gpus):
    """The largest number of GPUs that divides the batch."""
    count = max(n for n in range(1, len(gpus) + 1) if shares % n == 0)
    if count < len(gpus):
        _log.warning(
            "%d of the %d GPUs stay idle: they cannot share the batch equally.", len(gpus) - count, len(gpus)
        )
    return gpus[:count]


def _mirrored(devices=None):
    devices = devices or tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return _mirrored_on(tuple(device.name for device in devices))


@functools.cache  # two strategies on the same devices would take each other's exchanges for their own
def _mirrored_on(names):
    return tf.distribute.MirroredStrategy(list(names))


def _cluster():
    """TF_CONFIG as a dict, empty where it is not set."""
    try:
        settings = json.loads(os.environ.get("TF_CONFIG") or "{}")
        cluster, task = settings.get("cluster", {}), settings.get("task", {})
        known = not cluster or int(task["index"]) < len(cluster[task["type"]])
    except (ValueError, KeyError, TypeError, AttributeError):
        known = False
    if not known or set(cluster) - {"chief", "worker"}:
        raise GflaError(
            "The environment variable TF_CONFIG does not describe workers: it must look like "
            '{"cluster": {"worker": ["host:port", "host:port"]}, "task": {"type": "worker", "index": 0}}, see docs/training.md.'
        )
    return settings


def _tasks():
    return sum(len(addresses) for addresses in _cluster().get("cluster", {}).values())


@functools.cache  # workers can find each other but once
def _multi_worker():
    if not _tasks():
        raise GflaError(
            "Distribution is multi_worker, but the environment variable TF_CONFIG does not name the workers: set it in every "
            "process, see docs/training.md."
        )
    task = _cluster()["task"]
    leader = "chief" if "chief" in _cluster()["cluster"] else "worker"
    try:
        with worker_timeout(_tasks()):
            strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as error:  # collective operations are set up when TensorFlow starts
        raise GflaError(
            "Workers must find each other before anything of TensorFlow has run in this process: make the run first."
        ) from error
    return Distribution(strategy, _tasks(), is_chief=(task["type"], int(task["index"])) == (leader, 0))


def _tpu():
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(os.environ.get("TPU_NAME", "local"))
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, RuntimeError, ImportError, OSError, tf.errors.OpError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160].rstrip(". ")
        raise GflaError(
            f"Distribution is tpu, but there is none ({reason}): set TPU_NAME, or choose another distribution."
        ) from error
    return Distribution(tf.distribute.TPUStrategy(resolver))
