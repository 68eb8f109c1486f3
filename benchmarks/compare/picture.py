"""Who draws a picture of the full-size `pose_deepfashion`: our exports and our Keras model beside the same network in PyTorch.

Each function here makes a contender, in its own process: a function without arguments that draws the picture.
"""

from pathlib import Path

import numpy as np

PRESET = "pose_deepfashion"
PEER, OURS = "torch.compile, smart", "LiteRT float32, cpu"  # what ratios are to, and what we have against it
FORMS = ("smart", "literal")  # of the peer, see `benchmarks.compare.torch_peer`
ORDER = ("source_image", "source_pose", "target_pose")
TOLERANCE = 1e-4  # of the picture, for contenders in float32
LOWEST_PSNR = {
    "float16": 40.0,
    "dynamic": 10.0,
    "int8": 10.0,
}  # in dB: of untrained weights, nothing in float
MATRIX = 1024  # rows of the matrices that measure the machine's limit
STATE, KERAS, INPUTS = "state.npz", "weights.weights.h5", "inputs.npz"  # files that contenders read


def _inputs(folder):
    with np.load(Path(folder) / INPUTS) as arrays:
        return dict(arrays)


def matrices():
    """A product of matrices, the machine's limit: it draws nothing."""
    a, b = (np.random.default_rng(seed).normal(size=(MATRIX, MATRIX)).astype(np.float32) for seed in (0, 1))
    return lambda: float((a @ b)[0, 0])


def litert(folder, file, threads, alone=False):
    """A .tflite on LiteRT; `alone`: of one that is split, `generate` of what was encoded before."""
    from gfla_tf.litert.runner import ENCODE, GENERATE, TFLiteModel

    model, inputs = TFLiteModel(Path(folder) / file, num_threads=threads), _inputs(folder)
    if not alone:
        return lambda: model(**inputs)["generated"]
    encode, generate = model.signatures[ENCODE], model.signatures[GENERATE]
    encoded = encode(**{name: inputs[name] for name in encode.inputs})
    given = {name: (inputs | encoded)[name] for name in generate.inputs}
    return lambda: generate(**given)["generated"]


def keras(folder, settings):
    """The Keras model under `tf.function`."""
    import tensorflow as tf

    from gfla_tf.models.presets import create_generator

    generator, inputs = create_generator(PRESET, **settings), _inputs(folder)
    generator.load_weights(Path(folder) / KERAS)
    run = tf.function(lambda inputs: generator(inputs, training=False)["generated"])
    return lambda: run(inputs).numpy()


def _peer(folder, form):
    """The peer and its inputs."""
    import torch

    from benchmarks.compare.torch_peer import TorchPeer

    with np.load(Path(folder) / STATE) as state:
        peer = TorchPeer(state, form == "literal").eval()
    inputs = _inputs(folder)
    return peer, [torch.from_numpy(inputs[name].transpose(0, 3, 1, 2).copy()) for name in ORDER]


def torch(folder, form, compiled, threads):
    """The peer in PyTorch, eager or compiled, smart or literal."""
    import torch

    torch.set_num_threads(threads)
    peer, given = _peer(folder, form)
    run = torch.compile(peer) if compiled else peer

    def call():
        with torch.inference_mode():
            return run(*given).numpy().transpose(0, 2, 3, 1)

    return call


def onnx(folder, form, threads):
    """The peer as ONNX, on ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    path = str(Path(folder) / f"{form}.onnx")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    inputs = _inputs(folder)
    given = {name: inputs[name].transpose(0, 3, 1, 2).copy() for name in ORDER}
    return lambda: session.run(None, given)[0].transpose(0, 2, 3, 1)


def write_onnx(folder, form):
    """Exports the peer to a file beside the others: what that takes is no part of a contender's start."""
    import torch

    peer, given = _peer(folder, form)
    with torch.inference_mode():
        torch.onnx.export(
            peer, tuple(given), Path(folder) / f"{form}.onnx", input_names=list(ORDER), verbose=False
        )


def wrong(name, answer, expected):
    """What is wrong with a picture, or None."""
    difference = np.abs(np.asarray(answer) - expected)
    kind = next((kind for kind in LOWEST_PSNR if kind in name), None)
    psnr = 20 * np.log10(np.ptp(expected) / max(np.sqrt(np.mean(difference**2)), 1e-12))
    if difference.max() > TOLERANCE if kind is None else psnr < LOWEST_PSNR[kind]:
        return f"it draws another picture: {difference.max():.2e}, {psnr:.1f} dB"
    return None


def written_weights(folder, settings):
    """The generator, whose weights and inputs are written to `folder` for contenders.

    Args:
        folder: `Path` to write to.
        settings: of the generator, such as another image_size.
    """
    from gfla_tf.models.checkpoint_names import checkpoint_entries
    from gfla_tf.models.presets import create_generator
    from tests.helpers.rule_weights import fill

    generator = fill(create_generator(PRESET, **settings))  # uses its whole range, flows by many pixels
    draw = np.random.default_rng(0)
    inputs = {name: draw.uniform(-1, 1, (1, *x.shape[1:])) for name, x in generator.input.items()}
    np.savez(folder / INPUTS, **{name: value.astype(np.float32) for name, value in inputs.items()})
    # Some weights have two names, of which the peer reads one.
    names = {name: entry.to_stored() for entry in checkpoint_entries(generator) for name in entry.names}
    np.savez(folder / STATE, **names)
    generator.save_weights(folder / KERAS)
    return generator


def prepared(folder, variants, settings):
    """Writes all files that contenders read.

    Args:
        folder, settings: as of `written_weights`.
        variants: of the lowering for CPUs.

    Returns:
        {.tflite: name of the contender}, the picture that is expected, and the network's multiplications.
    """
    from gfla_tf.export.convert.graphs import tflite_flatbuffer
    from gfla_tf.export.convert.operations import multiply_adds
    from gfla_tf.export.convert.signatures import Form
    from gfla_tf.export.convert.sources import Source
    from gfla_tf.export.quantize.quantization import CALIBRATED, calibrate, quantize

    from gfla_tf.litert.runner import TFLiteModel
    from gfla_tf.training.tasks import task_named

    generator, inputs = written_weights(folder, settings), _inputs(folder)
    source = Source(generator, task_named("pose"), PRESET, folder, {})
    files = {}
    for name, form in (("LiteRT float32", Form()), (OURS, Form(lowering="cpu", split=True))):
        flatbuffer = tflite_flatbuffer(source, folder / f"graph{form.suffix}", form)
        (path := folder / f"model{form.suffix}.tflite").write_bytes(flatbuffer)
        files[path.name] = name
    model = TFLiteModel(path)
    for kind in variants:
        ranges = calibrate(flatbuffer, kind, model, [inputs]) if kind in CALIBRATED else None
        file = folder / f"model_cpu_{kind}.tflite"
        file.write_bytes(quantize(flatbuffer, kind, calibration=ranges))
        files[file.name] = f"LiteRT {kind}, cpu"
    products = sum(multiply_adds(flatbuffer).values())
    return files, np.asarray(generator(inputs, training=False)["generated"]), products


def contenders(folder, files, threads, settings, forms=FORMS):
    """{name: (maker, arguments)}; see `benchmarks.compare.contenders.measured`."""
    result = {"Keras": (keras, (folder, settings))}
    for file, name in files.items():
        result[name] = litert, (folder, file, threads)
        if name in (OURS, "LiteRT int8, cpu"):
            result[f"{name}, generate alone"] = litert, (folder, file, threads, True)
            if threads > 1:
                result[f"{name}, 1 thread"] = litert, (folder, file, 1)
    for form in forms:
        result[f"torch eager, {form}"] = torch, (folder, form, False, threads)
        result[f"torch.compile, {form}"] = torch, (folder, form, True, threads)
        result[f"ONNX Runtime, {form}"] = onnx, (folder, form, threads)
    return result
