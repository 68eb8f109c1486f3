"""Which variants of a network to convert: float32, and quantized ones that reach a goal."""

import dataclasses
import itertools
from collections.abc import Callable

from gfla_tf.export.quantize.quantization import CALIBRATED, GOALS, KINDS, quantize
from gfla_tf.export.quantize.representative import run_through
from gfla_tf.export.quantize.sensitivity import selective

from gfla_tf.errors import GflaError
from gfla_tf.litert.runner import TFLiteModel

FLOAT32 = "float32"
NAMES = (FLOAT32, *KINDS)
# Samples that quantization looks at: every one of a network's views, and of a dance several dancers.
CALIBRATION = 96


@dataclasses.dataclass(frozen=True)
class Variants:
    """A choice of variants.

    Attributes:
        names: of `NAMES`.
        data: function from a split, "train" or "test", and a count to a list of
        `gfla_tf.export.quantize.representative.Sample`; None if there are
            none, so that nothing is measured.
        goals: {kind: PSNR in dB against float32}.
        say: is told what takes long.
    """

    names: tuple = (FLOAT32,)
    data: Callable | None = None
    goals: dict = dataclasses.field(default_factory=lambda: dict(GOALS))
    say: Callable = lambda text: None

    def of(self, source, flatbuffer, scratch):
        """Makes the variants.

        Args:
            source: `gfla_tf.export.convert.sources.Source`.
            flatbuffer: bytes of its float32 .tflite.
            scratch: a directory for files on the way.

        Yields:
            name, bytes and {operation kept in float: PSNR in dB if it alone is quantized}.

        Raises:
            GflaError: a variant needs samples and there are none, or misses its goal.
        """
        inputs = None
        for name in self.names:
            if name == FLOAT32:
                yield name, flatbuffer, {}
                continue
            if self.data is None:
                if name in CALIBRATED:
                    raise GflaError(f"{name} needs samples, and {source.name} comes without its training's data: name a folder "
                                    "of pictures with --data, see docs/phone.md.")  # fmt: skip
                yield name, quantize(flatbuffer, name), {}
                continue
            inputs = inputs or self._inputs(source, flatbuffer, scratch)
            yield name, *selective(flatbuffer, name, inputs, self.goals[name], scratch, self.say)

    def _inputs(self, source, flatbuffer, scratch):
        """What the float32 network takes of training samples, a list of {input name: array}."""
        self.say(f"reading {CALIBRATION} samples")
        file = scratch / "calibrated.tflite"
        file.write_bytes(flatbuffer)
        samples = itertools.islice(self.data("train", CALIBRATION), CALIBRATION)
        return [inputs for inputs, _ in run_through(TFLiteModel(file), samples, source)]


def chosen(names, goals, data, say):
    """The `Variants` of a command line.

    Args:
        names: of `NAMES`, or "all".
        goals: list of KIND=DB.
        data, say: as of `Variants`.

    Raises:
        GflaError: there is no such variant, or a goal is none.
    """
    names = NAMES if "all" in names else tuple(dict.fromkeys(names))
    if unknown := [name for name in names if name not in NAMES]:
        raise GflaError(f"There is no variant {unknown[0]!r}: choose all, or some of {', '.join(NAMES)}.")
    decibels = dict(GOALS)
    for goal in goals:
        kind, _, value = goal.partition("=")
        try:
            if kind not in GOALS:
                raise ValueError(kind)
            decibels[kind] = float(value)
            if not 0 < decibels[kind] < float("inf"):
                raise ValueError(value)
        except ValueError as error:
            raise GflaError(f"{goal!r} is no goal: write KIND=DB, such as int8=33.") from error
    return Variants(names, data, decibels, say)
