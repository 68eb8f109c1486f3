"""Runs a .tflite where phones do, and compares it with float32 on the CPU; what `gfla verify` prints."""

import dataclasses

import numpy as np
from gfla_tf.export.convert.keras_check import LEVEL, as_float, differences
from gfla_tf.export.convert.operations import operation_histogram
from gfla_tf.export.convert.sample_inputs import model_inputs
from gfla_tf.export.verify.accelerators import ACCELERATORS, run, why_not
from gfla_tf.export.verify.lint import lint
from gfla_tf.export.verify.targets import GPU, targets_of

from gfla_tf.errors import GflaError
from gfla_tf.litert.description import flatbuffer_of
from gfla_tf.litert.runner import ENCODE, SIGNATURE, TFLiteModel
from gfla_tf.metrics.image import psnr

LARGEST_DIFFERENCE = 1e-3  # in float32
LOWEST_PSNR = 35.0  # dB, in half precision


@dataclasses.dataclass(frozen=True)
class Check:
    """How one signature of a file does on one accelerator.

    Attributes:
        signature, accelerator: which.
        difference: the largest from float32 on the CPU, see `gfla_tf.export.convert.keras_check.differences`.
        psnr: of the picture, or of the worst output where there is none, in dB.
        seconds: of the fastest run.
        wrong: what is wrong, or None.
        left_out: why it was not run, or None.
    """

    signature: str
    accelerator: str
    difference: float | None = None
    psnr: float | None = None
    seconds: float | None = None
    wrong: str | None = None
    left_out: str | None = None


def verify(path, samples=None, accelerators=ACCELERATORS[1:], repeats=1):
    """Lints a .tflite and runs each of its signatures; one that is for the CPU alone is run there at most.

    Args:
        path: the .tflite.
        samples: a list of {input name: array} of the whole network; drawn, see `gfla_tf.export.convert.sample_inputs`, if None.
        accelerators: where to run it.
        repeats: of each run, for the time it takes.

    Returns:
        a list of `gfla_tf.export.verify.lint.Finding` and a list of `Check`.

    Raises:
        GflaError: the file cannot be read, is damaged, or does not run on the CPU.
    """
    for_gpus = GPU in targets_of(path)
    findings, model, checks = lint(path) if for_gpus else [], TFLiteModel(path), []
    operations = operation_histogram(flatbuffer_of(path))
    custom = sorted(name.removeprefix("CUSTOM:") for name in operations if name.startswith("CUSTOM:"))
    for name, inputs, expected in _cases(model, model_inputs(model) if samples is None else samples):
        for accelerator in accelerators:
            reason = why_not(accelerator)
            if custom and accelerator.startswith("cpu"):
                reason = f"LiteRT's CPU has no kernel for {', '.join(custom)}"
            if not for_gpus and accelerator != "cpu":
                reason = "the file is for the CPU alone, in float32"
            if reason:
                checks.append(Check(name, accelerator, left_out=reason))
                continue
            try:
                ran = run(path, inputs, accelerator, name, repeats)
            except GflaError as error:
                checks.append(Check(name, accelerator, wrong=str(error)))
                continue
            checks.append(_judged(name, accelerator, expected, ran))
    return findings, checks


def _cases(model, samples):
    """(signature, its inputs, its outputs on the CPU) of each signature; `generate` takes what `encode` gave."""
    encoded = [{} for _ in samples]
    order = (
        [SIGNATURE]
        if SIGNATURE in model.signatures
        else sorted(model.signatures, key=lambda name: name != ENCODE)
    )
    for name in order:
        signature = model.signatures[name]
        inputs = [
            {key: (sample | given)[key] for key in signature.inputs}
            for sample, given in zip(samples, encoded, strict=True)
        ]
        outputs = [signature(**arrays) for arrays in inputs]
        encoded = outputs if name == ENCODE else encoded
        yield name, inputs, outputs


def _judged(name, accelerator, expected, ran):
    """The `Check` of a run."""
    found = [differences(*pair) for pair in zip(expected, ran.outputs, strict=True)]
    worst = {output: float(np.max([one[output] for one in found])) for output in found[0]}  # NaN stays
    # A picture in uint8 may be rounded to the next level.
    level = {output: LEVEL for output, value in expected[0].items() if value.dtype == np.uint8}
    beyond = {
        output: value
        for output, value in worst.items()
        if not value <= LARGEST_DIFFERENCE + level.get(output, 0)
    }
    drawn = ["generated"] if "generated" in worst else worst
    lowest = float(np.min([_psnr(expected, ran.outputs, output) for output in drawn]))
    wrong = None
    if accelerator.startswith("gpu") and not ran.fully_accelerated:
        wrong = "the accelerator does not run all of it"
    elif accelerator.endswith("fp16") and not lowest >= LOWEST_PSNR:
        wrong = f"less than {LOWEST_PSNR:g} dB"
    elif not accelerator.endswith("fp16") and beyond:
        wrong = f"{', '.join(beyond)} differ by more than {LARGEST_DIFFERENCE:g}"
    seconds = min(min(times) for times in ran.seconds)
    return Check(name, accelerator, float(np.max([*worst.values()])), lowest, seconds, wrong)


def _psnr(expected, found, output):
    """In dB, of all samples: pictures have a range of 2, other outputs that of their values."""
    expected, found = (
        np.stack([as_float(outputs[output]) for outputs in several]) for several in (expected, found)
    )
    span = 2.0 if output == "generated" else np.ptp(expected)
    error = np.mean(np.square(expected - found))
    return psnr(np.maximum(error, 1e-30), span) if span else float("inf")


def table(checks):
    """The checks as a Markdown table."""
    lines = ["| signature | on | largest difference | PSNR dB | s | |", "|---|---|---|---|---|---|"]
    for check in checks:
        numbers = ["", "", ""]
        if check.difference is not None:
            numbers = [f"{check.difference:.1e}", f"{check.psnr:.1f}", f"{check.seconds:.2f}"]
        verdict = (
            f"WRONG: {check.wrong}"
            if check.wrong
            else f"left out: {check.left_out}"
            if check.left_out
            else "good"
        )
        lines.append(f"| {check.signature} | {check.accelerator} | {' | '.join(numbers)} | {verdict} |")
    return "\n".join(lines)
