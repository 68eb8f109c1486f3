"""Whether a network's drawing part survives on phones what training never showed it: far flows and large features.

`gfla stress` converts the target net alone, which takes flows and features as inputs, and verifies it, see
`gfla_tf.cli.stress`.
"""

import dataclasses
import os
from pathlib import Path

from gfla_tf.errors import GflaError

FLOW = 100.0  # pixels
ACTIVATION = 300.0

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up messages


def stress_inputs(target_net, seed=0):
    """{input name: array}, a batch of one, for a target net: see the module."""
    import numpy as np

    random, inputs = np.random.default_rng(seed), {}
    for name, tensor in target_net.input.items():
        shape, kind = (1, *tensor.shape[1:]), name.split("_")[0]
        if kind == "flow":
            value = random.uniform(-FLOW, FLOW, shape)
        elif kind == "source":
            value = random.normal(0, ACTIVATION, shape)
        elif name.endswith("_view"):
            value = np.eye(1, shape[-1])
        else:
            value = random.uniform(0, 1, shape)
        inputs[name] = value.astype(np.float16).astype(np.float32)
    return inputs


def stress(source, directory, lowering="gather", **settings):
    """Converts the target net of a network and verifies it on `stress_inputs`.

    Args:
        source: `gfla_tf.export.convert.sources.Source` of a network that draws.
        directory: for the .tflite.
        lowering: see `gfla_tf.export.convert.signatures`.
        settings: for `gfla_tf.export.verify.verification.verify`.

    Returns:
        findings and checks, as `gfla_tf.export.verify.verification.verify`.

    Raises:
        GflaError: the network draws nothing, or is not to be had in this lowering.
    """
    from gfla_tf.export.convert.graphs import tflite_flatbuffer
    from gfla_tf.export.convert.signatures import Form
    from gfla_tf.export.verify.verification import verify

    target_net = getattr(source.generator, "target_net", None)
    if target_net is None:
        raise GflaError(f"{source.name} has no target net to put under stress: name a network that draws.")
    form = Form(lowering=lowering)
    drawing = dataclasses.replace(source, generator=target_net, name=f"{source.name}_target_net")
    path = Path(directory) / f"{drawing.name}{form.suffix}.tflite"
    path.write_bytes(tflite_flatbuffer(drawing, Path(directory) / f"graph{form.suffix}", form))
    return verify(path, [stress_inputs(target_net)], **settings)
