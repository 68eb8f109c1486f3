"""Which operations may be quantized: measured, one by one, on samples.

Each operation is quantized alone and the picture's mean squared error is taken. Errors of operations nearly add up, so those that
cost most are kept in float until the sum of the others is within the goal; then the whole is measured, and if the sum was too
hopeful, more are kept.
"""

import numpy as np
from gfla_tf.export.convert.keras_check import as_float
from gfla_tf.export.quantize.quantization import CALIBRATED, calibrate, candidates, quantize

from gfla_tf.errors import GflaError
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.metrics.image import psnr

MARGIN = 0.7  # of the error that the goal allows: what may be used, as other samples may be worse
MEASURED = 24  # samples that errors are measured on, of those that ranges are taken from
STEPS = 10  # in which the rest is kept in float, too, while errors add up to more than their sum


def squared_error(outputs, reference):
    """Mean squared difference of what networks draw: of `generated`, or of the only output of a network that draws nothing.

    Args:
        outputs, reference: lists of {name: array}; uint8 pictures count as [-1, 1].
    """
    return float(
        np.mean([np.mean((_drawn(a) - _drawn(b)) ** 2) for a, b in zip(outputs, reference, strict=True)])
    )


def selective(flatbuffer, kind, inputs, goal, scratch, say=lambda text: None):
    """Quantizes as many operations as a goal allows.

    Args:
        flatbuffer: bytes of a float .tflite.
        kind: one of `gfla_tf.export.quantize.quantization.KINDS`.
        inputs: list of {input name: array} of the network, to calibrate on, and on `MEASURED` of them to measure.
        goal: PSNR in dB against the float network, on those.
        scratch: a directory for files on the way.
        say: is told what is being done.

    Returns:
        bytes of the quantized .tflite, and {operation: PSNR in dB if it alone is quantized} of those kept in float, worst first.

    Raises:
        GflaError: the goal is out of reach, or ai-edge-quantizer is not installed.
    """
    bench = _Bench(flatbuffer, kind, inputs, scratch)
    quantized, error = bench.measure(())
    limit = 2.0**2 / 10 ** (goal / 10)  # of outputs in [-1, 1]
    if error <= MARGIN * limit:
        return quantized, {}
    operations = list(candidates(flatbuffer))
    say(f"{kind} reaches {psnr(error):.1f} dB, the goal is {goal:g}: measuring {len(operations)} operations")
    alone = {name: bench.measure([other for other in operations if other != name])[1] for name in operations}
    worst = sorted(operations, key=alone.get, reverse=True)
    left = np.append(np.cumsum([alone[name] for name in worst[::-1]])[::-1], 0)  # without the k worst
    kept = int(np.argmax(left <= MARGIN * limit))
    quantized, error = bench.measure(worst[:kept])
    while error > MARGIN * limit and kept < len(worst):
        kept = min(len(worst), kept + max(1, len(worst) // STEPS))
        quantized, error = bench.measure(worst[:kept])
    if not error <= limit:
        raise GflaError(
            f"{kind} reaches {psnr(error):.1f} dB, below the goal of {goal:g} dB, whatever stays in float: lower --goal."
        )
    return quantized, {name: psnr(alone[name]) for name in worst[:kept]}


class _Bench:
    """Measures a network with some operations kept in float."""

    def __init__(self, flatbuffer, kind, inputs, scratch):
        self._flatbuffer, self._kind = flatbuffer, kind
        self._inputs = inputs[:: max(1, len(inputs) // MEASURED)]  # some of each clip
        self._file = scratch / "measured.tflite"
        model = self._load(flatbuffer)
        self._reference = [model(**arrays) for arrays in self._inputs]
        self._calibration = calibrate(flatbuffer, kind, model, inputs) if kind in CALIBRATED else None

    def measure(self, kept):
        """The quantized network with these operations kept in float, and its squared error."""
        quantized = quantize(self._flatbuffer, self._kind, kept, self._calibration)
        model = self._load(quantized)
        return quantized, squared_error([model(**arrays) for arrays in self._inputs], self._reference)

    def _load(self, flatbuffer):
        self._file.write_bytes(flatbuffer)
        return TFLiteModel(self._file)


def _drawn(outputs):
    return as_float(outputs.get("generated", next(iter(outputs.values()))))
