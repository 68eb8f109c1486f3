"""`gfla_tf.convert`: a network of one's own, with samples of one's own, into the files that others run."""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import keras
import numpy as np
from gfla_tf.export.convert.conversion import Converted
from gfla_tf.export.convert.conversion import convert as convert_source
from gfla_tf.export.convert.signatures import Form
from gfla_tf.export.convert.sources import Source
from gfla_tf.export.quantize.variants import chosen

from gfla_tf.errors import GflaError
from gfla_tf.files import write_whole
from gfla_tf.models.model_card import OUR_LICENSE
from gfla_tf.training.config import MAP_SETTINGS
from gfla_tf.training.load import load
from gfla_tf.training.tasks import task_named
from gfla_tf.training.tasks.samples import Sample


def convert(
    generator: keras.Model | str | PathLike,
    directory: str | PathLike,
    variants: Sequence[str] = ("float32",),
    data: Iterable[Mapping[str, Any]] | None = None,
    name: str | None = None,
    keypoints: bool = False,
    uint8: bool = False,
    split: bool = False,
    lowering: str = "gather",
    goals: Mapping[str, float] | None = None,
    data_settings: Mapping[str, float] | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> list[Converted]:
    """Writes a generator as SavedModel and .tflite, checked against Keras; see docs/phone.md for forms and variants.

    >>> results = gfla_tf.convert(generator, "out", variants=["float32", "int8"], data=dataset)
    >>> gfla_tf.TFLiteModel(results[-1].path)(source_image=..., source_pose=..., target_pose=...)

    Args:
        generator: of any task, or what `gfla_tf.load` opens.
        directory: where to write NAME_saved_model and NAME.tflite, NAME_int8.tflite, ...; made if missing.
        variants: some of float32, float16, weights, dynamic, int8 and int16, or "all".
        data: batches of the generator's inputs, {name: array (batch, ...)}, such as a `tf.data.Dataset`: int8 and int16 need
            them, the others keep to their goals by them. Names that are no inputs are left out; a hundred samples are enough.
        name: of the files; the network's if None.
        keypoints, uint8, split, lowering: the form. With keypoints, data has source_keypoints (batch, joints, 3), ... in place
            of maps.
        goals: {variant: PSNR in dB against float32} to be reached, in place of the usual ones.
        data_settings: what maps were drawn with in training, such as heat_map_sigma and limb_sigma in pixels; those of the
            generator's `card` if it has them, else the published ones.
        say: is told what takes long.

    Returns:
        A `Converted` for each file, with path, size, operations and differences from Keras, the SavedModel first.

    Raises:
        GflaError: nothing is written then; see `gfla_tf.export.convert.conversion.convert`.
    """
    if not isinstance(generator, keras.Model):
        generator = load(generator)
    generator = getattr(generator, "generator", generator)  # of a training model
    card = getattr(generator, "card", None)
    if card is None or not hasattr(generator, "task"):
        raise GflaError(
            f"{type(generator).__name__} is no generator of gfla_tf, which is what can be converted."
        )
    weights = {"origin": card.get("origin", "not recorded"), "license": card.get("license", OUR_LICENSE)}
    settings = {**card.get("data", {}), **(data_settings or {})}
    task = task_named(
        card.get("task", generator.task),
        **{name: settings[name] for name in MAP_SETTINGS if name in settings},
    )
    source = Source(generator, task, name or generator.name, Path(directory), weights)
    names = [variants] if isinstance(variants, str) else variants
    goals = [f"{kind}={decibels}" for kind, decibels in (goals or {}).items()]
    samples = None if data is None else lambda split, count: _samples(generator, data, count)
    return convert_source(
        source, directory, Form(keypoints, uint8, split, lowering), chosen(names, goals, samples, say)
    )


def _samples(generator, batches, count):
    """At most `count` samples of batches of arrays."""
    wanted, result = set(generator.input), []
    wanted |= {f"{name.rpartition('_')[0]}_keypoints" for name in generator.input}
    for batch in batches:
        arrays = {name: _of_a_network(value) for name, value in batch.items() if name in wanted}
        if not arrays:
            raise GflaError(
                f"Data has batches of {', '.join(batch)}, and the network takes {', '.join(generator.input)}: name them so."
            )
        for i in range(len(next(iter(arrays.values())))):
            result.append(Sample({name: value[i : i + 1] for name, value in arrays.items()}, {}))
            if len(result) == count:
                return result
    return result


def _of_a_network(value):
    """An array as networks take it: uint8 pictures, all else float32."""
    value = np.asarray(value)
    return value if value.dtype == np.uint8 else value.astype(np.float32)


def export_litert(generator: keras.Model, path: str | PathLike) -> None:
    """Writes the plain float32 .tflite of a generator to `path`, as its method `export` does.

    Raises:
        GflaError: it cannot be converted or written.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory() as folder:
        written = convert(generator, folder, name="network")[-1].path
        try:
            write_whole(path, written.read_bytes())
        except OSError as error:
            raise GflaError(f"Cannot write {path} ({error.strerror}): name another file.") from error
