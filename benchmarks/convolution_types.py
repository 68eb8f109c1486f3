"""What int8 saves in one convolution on this machine: float32, int8 and dynamic, for shapes that our networks have.

Run `python -m benchmarks.convolution_types` in the repository. One convolution on LiteRT, one thread, everything in its own type
with no conversion before or behind. Milliseconds of a processor, the least of rounds in which the types take turns. Where int8
takes as long as float32, as on processors without VNNI or dot products, no int8 file can be faster than its float32 one.
"""

import argparse
import os
import random
import time

import numpy as np

# Height, width, channels in and out, kernel, stride: of pose_deepfashion, then of people_256.
SHAPES = (
    (256, 256, 64, 64, 3, 1), (128, 128, 64, 128, 4, 2), (64, 64, 256, 256, 3, 1),
    (256, 192, 13, 12, 3, 1), (64, 48, 16, 32, 3, 1), (32, 24, 64, 64, 3, 1),
)  # fmt: skip
TYPES = ("float32", "int8", "dynamic")


def flatbuffer_of(shape, kind):
    """A .tflite of one convolution."""
    import tensorflow as tf

    height, width, channels, filters, size, stride = shape
    draw = np.random.default_rng(0)
    kernel = tf.constant(draw.normal(size=(size, size, channels, filters)) / size / channels**0.5, tf.float32)
    given = tf.TensorSpec((1, height, width, channels), tf.float32)
    function = tf.function(lambda x: tf.nn.conv2d(x, kernel, stride, "SAME")).get_concrete_function(given)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "int8":
        converter.representative_dataset = lambda: [[draw.normal(size=given.shape).astype(np.float32)]]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def milliseconds(shape, rounds):
    """{type: the least milliseconds of a processor}."""
    from ai_edge_litert.interpreter import Interpreter

    calls, draw = {}, np.random.default_rng(0)
    for kind in TYPES:
        interpreter = Interpreter(model_content=flatbuffer_of(shape, kind), num_threads=1)
        interpreter.allocate_tensors()
        (given,) = interpreter.get_input_details()
        interpreter.set_tensor(
            given["index"], draw.integers(-100, 100, given["shape"]).astype(given["dtype"])
        )
        interpreter.invoke()
        calls[kind] = interpreter.invoke
    least = dict.fromkeys(TYPES, float("inf"))
    for _ in range(rounds):
        for kind in random.sample(TYPES, len(TYPES)):
            before = time.process_time()
            calls[kind]()
            least[kind] = min(least[kind], 1e3 * (time.process_time() - before))
    return least


def main():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10, help="(default: %(default)s)")
    options = parser.parse_args()
    print(
        f"| convolution | {' | '.join(TYPES)} | int8 of float32 | G multiplications/s |\n|---|---|---|---|---|---|"
    )
    for shape in SHAPES:
        height, width, channels, filters, size, stride = shape
        least = milliseconds(shape, options.rounds)
        products = height * width * channels * filters * size**2 / stride**2
        name = f"{size}x{size}, {channels} to {filters}, {height}x{width}" + (
            f", stride {stride}" if stride > 1 else ""
        )
        cells = " | ".join(f"{least[kind]:.2f}" for kind in TYPES)
        print(
            f"| {name} | {cells} | {least['int8'] / least['float32']:.2f} | {products / least['float32'] / 1e6:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
