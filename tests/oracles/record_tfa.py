"""Records small outputs of tensorflow-addons in tests/oracles/tfa.npz, for tests/test_tfa_oracle.py.

tensorflow-addons 0.23.0 ended in May 2024 and cannot be imported beside Keras 3 (`No module named
'keras.src.engine'`), so it runs in an environment of its own and only the numbers are kept. To record them
again, from the repository's root:

    python3.11 -m venv /tmp/tfa
    /tmp/tfa/bin/pip install "tensorflow==2.15.1" "tensorflow-addons==0.23.0" "numpy<2"
    /tmp/tfa/bin/python tests/oracles/record_tfa.py

(tensorflow-cpu will not do: the compiled resampler wants symbols that only the full package has.)

What the three compute, with image I and an (x, y) or (y, x) as written:

- resampler(I, warp): bilinear at the absolute (x, y) = warp; taps outside the image count as zero, and
  positions from 1 pixel outside on give zero.
- dense_image_warp(I, flow): bilinear at (y, x) = (j - flow[..., 0], i - flow[..., 1]), positions clamped
  to the border.
- InstanceNormalization: by sample and channel, gamma and beta, epsilon 1e-3 unless given.

Inputs are stored with the outputs: nothing depends on a random generator staying the same.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa

BATCH, HEIGHT, WIDTH, CHANNELS = 2, 5, 7, 3


def flows(rng):
    """(x, y) flows by name; the exact 0.0 and whole pixels are where implementations tend to differ."""
    shape = (BATCH, HEIGHT, WIDTH, 2)
    return {
        "small": rng.normal(0.0, 1.5, shape),
        "whole": rng.integers(-2, 3, shape).astype(float),
        "huge": rng.choice([-1.0, 1.0], shape) * 10.0 ** rng.uniform(0.5, 6.0, shape),
    }


def main():
    rng = np.random.default_rng(2023)
    recorded = {"image": rng.normal(size=(BATCH, HEIGHT, WIDTH, CHANNELS))}
    for name, flow in flows(rng).items():
        recorded[f"flow_{name}"] = flow
    # Absolute positions: inside, on the last row and column, and from just outside to beyond one pixel.
    inside = rng.uniform(0.0, 1.0, (BATCH, 23, 2)) * (WIDTH - 1, HEIGHT - 1)
    outside = np.array(
        [
            (-0.25, 1.5),
            (-0.99, 2.0),
            (-1.0, 2.0),
            (-7.0, 2.0),
            (2.5, -0.5),
            (6.25, 1.0),
            (7.0, 1.0),
            (1.0, 4.75),
        ]
    )
    corners = np.array([(0, 0), (6, 0), (0, 4), (6, 4)])
    fixed = np.broadcast_to(np.concatenate([outside, corners]), (BATCH, len(outside) + len(corners), 2))
    recorded["positions"] = np.concatenate([inside, fixed], 1).reshape(BATCH, HEIGHT, WIDTH, 2)
    recorded["gamma"], recorded["beta"] = rng.normal(1.0, 0.5, CHANNELS), rng.normal(0.0, 0.5, CHANNELS)
    recorded["features"] = rng.normal((0.05, 3.0, -20.0), (0.01, 1.0, 50.0), (BATCH, HEIGHT, WIDTH, CHANNELS))
    recorded = {name: value.astype(np.float32) for name, value in recorded.items()}

    image = tf.constant(recorded["image"])
    recorded["resampler"] = tfa.image.resampler(image, recorded["positions"]).numpy()
    for name in ("small", "whole", "huge"):
        reversed_and_negative = -recorded[f"flow_{name}"][..., ::-1]
        recorded[f"dense_image_warp_{name}"] = tfa.image.dense_image_warp(
            image, reversed_and_negative
        ).numpy()
    for name, options in {"default": {}, "1e-5": {"epsilon": 1e-5}}.items():
        layer = tfa.layers.InstanceNormalization(**options)
        layer.build(recorded["features"].shape)
        layer.gamma.assign(recorded["gamma"])
        layer.beta.assign(recorded["beta"])
        recorded[f"instance_normalization_{name}"] = layer(recorded["features"]).numpy()
        recorded[f"epsilon_{name}"] = np.float32(layer.epsilon)

    path = Path(__file__).with_name("tfa.npz")
    np.savez_compressed(path, **recorded, versions=f"tensorflow {tf.__version__}, tfa {tfa.__version__}")
    print(f"{path}: {path.stat().st_size} bytes, {len(recorded)} arrays")


if __name__ == "__main__":
    main()
