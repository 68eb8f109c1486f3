"""How long a picture takes: our exports and our Keras model beside the same network in PyTorch, in one run.

Run `python -m benchmarks.compare` in the repository. The network is the full-size `pose_deepfashion`, its peer stands in
`benchmarks.torch_peer`. Every contender draws the same picture, and is left out with a sentence if it does not. Then they take
turns, in another order in every round, so that a machine whose speed drifts is unfair to nobody; ratios are medians over rounds.
The limit is the machine's best rate of multiplying matrices in the same run, for the network's multiplications.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

PRESET = "pose_deepfashion"
PEER = "torch.compile, smart"  # what ratios are to
TOLERANCE = 1e-4  # of the picture, for contenders in float32
LOWEST_PSNR = {"float16": 50.0, "dynamic": 20.0, "int8": 20.0}  # of untrained weights, in dB


def litert_contenders(source, folder, variants, threads):
    """{name: function from NHWC inputs to the picture} of exported files."""
    from gfla_tf.export.convert.graphs import tflite_flatbuffer
    from gfla_tf.export.convert.signatures import Form
    from gfla_tf.export.quantize.quantization import CALIBRATED, calibrate, quantize

    from gfla_tf.litert.runner import TFLiteModel

    result = {}
    for lowering in ("gather", "cpu"):
        flatbuffer = tflite_flatbuffer(source, folder / lowering, Form(lowering=lowering))
        path = folder / f"{lowering}.tflite"
        path.write_bytes(flatbuffer)
        model = TFLiteModel(path, num_threads=threads)
        result[f"LiteRT float32, {lowering}"] = model
        draw = np.random.default_rng(1)
        samples = [
            {name: draw.uniform(-1, 1, shape).astype(np.float32) for name, shape in model.inputs.items()}
        ]
        for kind in variants:
            calibration = calibrate(flatbuffer, kind, model, samples) if kind in CALIBRATED else None
            quantized = folder / f"{lowering}_{kind}.tflite"
            quantized.write_bytes(quantize(flatbuffer, kind, calibration=calibration))
            result[f"LiteRT {kind}, {lowering}"] = TFLiteModel(quantized, num_threads=threads)
    return {name: lambda inputs, model=model: model(**inputs)["generated"] for name, model in result.items()}


def keras_contender(generator):
    """The Keras model under `tf.function`."""
    import tensorflow as tf

    run = tf.function(lambda inputs: generator(inputs, training=False)["generated"])
    return lambda inputs: run(inputs).numpy()


def torch_contenders(generator, threads, compiled=True):
    """{name: function} of the peer, eager and compiled, smart and literal."""
    import torch

    from benchmarks.torch_peer import TorchPeer
    from gfla_tf.models.checkpoint_names import checkpoint_entries

    torch.set_num_threads(threads)
    # Some weights have two names, of which the peer reads one.
    state = {name: entry.to_stored() for entry in checkpoint_entries(generator) for name in entry.names}
    result = {}
    for form in ("smart", "literal"):
        peer = TorchPeer(state, form == "literal").eval()
        result[f"torch eager, {form}"] = peer
        if compiled:
            result[f"torch.compile, {form}"] = torch.compile(peer)

    def run(peer, inputs):
        with torch.inference_mode():
            given = (torch.from_numpy(inputs[name].transpose(0, 3, 1, 2).copy()) for name in ORDER)
            return peer(*given).numpy().transpose(0, 2, 3, 1)

    return {name: lambda inputs, peer=peer: run(peer, inputs) for name, peer in result.items()}


ORDER = ("source_image", "source_pose", "target_pose")


def seconds_of_limit(multiplications, size=1024, tries=5):
    """Seconds that the network's multiplications would take at the machine's best rate of multiplying matrices."""
    a, b = (np.random.default_rng(seed).normal(size=(size, size)).astype(np.float32) for seed in (0, 1))
    best = min(_seconds(lambda: a @ b) for _ in range(tries))
    return multiplications * best / size**3


def _seconds(call):
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def agreeing(contenders, inputs, expected):
    """The contenders that draw what is expected; of the others it is said that they don't."""
    result = {}
    for name, run in contenders.items():
        try:
            found = np.asarray(run(inputs))
        except Exception as error:  # a peer that cannot run here is not our failure
            print(f"left out: {name} does not run here ({str(error).splitlines()[0][:120]})")
            continue
        difference = np.abs(found - expected)
        kind = next((kind for kind in LOWEST_PSNR if kind in name), None)
        psnr = 20 * np.log10(np.ptp(expected) / max(np.sqrt(np.mean(difference**2)), 1e-12))
        if difference.max() > TOLERANCE if kind is None else psnr < LOWEST_PSNR[kind]:
            print(f"left out: {name} differs by {difference.max():.2e} ({psnr:.1f} dB)")
            continue
        result[name] = run
    return result


def measured(contenders, inputs, rounds):
    """{name: seconds of each round}, the contenders taking turns in an order drawn anew."""
    draw, times = random.Random(0), {name: [] for name in contenders}
    for _ in range(rounds):
        for name in draw.sample(list(contenders), len(contenders)):
            times[name].append(_seconds(lambda name=name: contenders[name](inputs)))
    return times


def table(times, limit):
    """Medians, ranges and ratios, the fastest first."""
    peer = times.get(PEER) or next(iter(times.values()))
    lines = [f"{'':32}{'median ms':>10}{'range':>16}{'of ' + PEER:>25}{'of the limit':>14}"]
    for name, all_ in sorted(times.items(), key=lambda item: statistics.median(item[1])):
        middle, ratio = statistics.median(all_), statistics.median(a / b for a, b in zip(all_, peer))
        span = f"{1e3 * min(all_):.0f} to {1e3 * max(all_):.0f}"
        lines.append(f"{name:32}{1e3 * middle:10.0f}{span:>16}{ratio:25.2f}{middle / limit:14.2f}")
    return "\n".join([*lines, f"{'the limit, by matrix products':32}{1e3 * limit:10.0f}"])


def main(arguments=None):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="(default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="(default: %(default)s)")
    parser.add_argument("--variants", nargs="*", default=["float16", "dynamic", "int8"], metavar="KIND")
    options = parser.parse_args(arguments)
    from gfla_tf.export.convert.operations import multiply_adds
    from gfla_tf.export.convert.sources import Source

    from gfla_tf.models.presets import create_generator
    from gfla_tf.training.tasks import task_named

    generator = create_generator(PRESET)
    draw = np.random.default_rng(0)
    inputs = {
        name: draw.uniform(-1, 1, (1, *tensor.shape[1:])).astype(np.float32)
        for name, tensor in generator.input.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        source = Source(generator, task_named("pose"), PRESET, folder, {})
        contenders = {"Keras": keras_contender(generator)}
        contenders |= litert_contenders(source, folder, options.variants, options.threads)
        try:
            contenders |= torch_contenders(generator, options.threads)
        except ImportError as error:
            print(f"left out: PyTorch ({error})")
        expected = contenders["Keras"](inputs)
        contenders = agreeing(contenders, inputs, expected)
        products = sum(multiply_adds((folder / "gather.tflite").read_bytes()).values())
        times = measured(contenders, inputs, options.rounds)
        print(table(times, seconds_of_limit(products)))


if __name__ == "__main__":
    main()
