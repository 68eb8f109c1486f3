"""What a converted network takes and gives: the arrays of the Keras model, or what a phone has at hand.

The plain form has one signature with the Keras model's inputs and outputs. A `Form` changes that, in any combination:

- keypoints: in place of source_pose, target_structure, ... come source_keypoints, target_keypoints, ... (1, joints, 3): x, y in
  pixels of the network's image and a confidence, 0 where missing. The maps are drawn inside the graph.
- uint8: images come and go as uint8 RGB, 0 to 255.
- split: two signatures in one file. `encode` computes what depends on the source or the reference alone; `generate` takes that
  and the rest, for each target. See `gfla_tf.export.convert.split`.
- lowering: how samplers are written down, one of `LOWERINGS`. `gather` is of builtin operations; `resampler` reads pixels with
  the custom operation Resampler of the GPU delegates; `litert` is the compiled sampler as the custom operation GflaSample; `cpu`
  is what CPUs run fastest, in float32 or int8 but not in half precision.
"""

import dataclasses

import tensorflow as tf
from gfla_tf.export.convert.split import partition

from gfla_tf.errors import GflaError
from gfla_tf.litert.runner import ENCODE, GENERATE, SIGNATURE
from gfla_tf.models.animation import is_recurrent
from gfla_tf.ops.backend import LOWERINGS, sampler
from gfla_tf.ops.images import to_float_image
from gfla_tf.training.tasks import TASKS

MAPS = ("pose", "structure")  # how the inputs end that keypoints can take the place of


@dataclasses.dataclass(frozen=True)
class Form:
    """A choice of inputs, outputs, signatures and samplers; see the module."""

    keypoints: bool = False
    uint8: bool = False
    split: bool = False
    lowering: str = LOWERINGS[0]

    @property
    def suffix(self):
        """What the names of files of this form end with."""
        chosen = [name for name in ("keypoints", "uint8", "split") if getattr(self, name)]
        chosen += [self.lowering] if self.lowering != LOWERINGS[0] else []
        return "".join(f"_{name}" for name in chosen)

    @property
    def custom_operations(self):
        """Names of the custom operations that files of this form hold."""
        return {"resampler": ("Resampler",), "litert": ("GflaSample",)}.get(self.lowering, ())


PLAIN = Form()


def require_form(source, form):
    """Raises a `GflaError` if a network cannot be converted to a form.

    Args:
        source: `gfla_tf.export.convert.sources.Source`.
        form: `Form`.
    """
    name, task = source.name, source.task
    if (form.uint8 or form.split) and not hasattr(source.generator, "image_size"):
        raise GflaError(f"{name} sees no images: leave out --uint8 and --split.")
    if form.keypoints and not task.keypoints:
        known = " and ".join(known for known, drawn in TASKS.items() if drawn.keypoints)
        raise GflaError(f"{name} is of the task {task.name}, whose inputs are not drawn from joints as those of {known} are: "
                        "leave out --keypoints.")  # fmt: skip


def fixed_shapes(generator):
    """{input name: shape without the batch}, where extents that are open, those of sequences, are what its `frames` take."""
    frames = getattr(generator, "frames", 1) + getattr(generator, "receptive_field", 1) - 1
    return {
        name: tuple(frames if extent is None else extent for extent in tensor.shape[1:])
        for name, tensor in generator.input.items()
    }


def specifications(source, form):
    """{input name: `tf.TensorSpec`} of a network in a form, for a batch of one."""
    result = {}
    for name, shape in fixed_shapes(source.generator).items():
        stem, _, kind = name.rpartition("_")
        if form.keypoints and kind in MAPS:
            name, shape = f"{stem}_keypoints", (source.task.keypoints, 3)
        type_ = tf.uint8 if form.uint8 and kind == "image" else tf.float32
        result[name] = tf.TensorSpec((1, *shape), type_, name=name)
    return result


def signatures(source, form):
    """The traced functions of a form.

    Args:
        source: `gfla_tf.export.convert.sources.Source`.
        form: `Form`.

    Returns:
        {signature: `tf.types.experimental.ConcreteFunction`} from named inputs to named outputs.

    Raises:
        GflaError: see `require_form`, or nothing depends on the source alone.
    """
    require_form(source, form)
    specs = specifications(source, form)

    def run(**inputs):
        return _given(source.generator(_taken(source, form, inputs), training=False), form)

    with sampler(form.lowering):
        if not form.split:
            return {SIGNATURE: tf.function(run).get_concrete_function(**specs)}
        fixed = [name for name in specs if name.startswith(("source_", "reference_"))]
        encode, generate = partition(run, specs, fixed, source.name)
        return {ENCODE: encode, GENERATE: generate}


def _taken(source, form, inputs):
    """The Keras model's inputs out of those of a form."""
    result, generator = {}, source.generator
    maps = "structure" if is_recurrent(generator) else "pose"
    for name, value in inputs.items():
        stem, _, kind = name.rpartition("_")
        if kind == "image" and form.uint8:
            value = to_float_image(value)
        elif form.keypoints and kind == "keypoints":
            name = f"{stem}_{maps}"
            value = source.task.draw(value, generator.image_size, role_of(name))
        result[name] = value
    if form.keypoints and "previous_structure" in result and source.task.detected_reference:
        result["previous_structure"] = _previous(inputs, result)
    return result


def _previous(inputs, structures):
    """Before the first frame stands the reference, whose joints are others than a target's: recognized by being equal to it."""
    apart = tf.abs(inputs["previous_keypoints"] - inputs["reference_keypoints"])
    later = tf.cast(tf.reduce_max(apart, axis=[1, 2], keepdims=True) > 0.0, tf.float32)[..., None]
    return later * structures["previous_structure"] + (1.0 - later) * structures["reference_structure"]


def role_of(name):
    """What keypoints are drawn as: those of a source or a reference may be other joints than all the others."""
    return "reference" if name.startswith(("reference_", "source_")) else "target"


def _given(outputs, form):
    """Outputs of a form out of the Keras model's."""
    if not form.uint8:
        return outputs
    levels = tf.clip_by_value((outputs["generated"] + 1.0) * 127.5, 0.0, 255.0)
    return {**outputs, "generated": tf.cast(tf.floor(levels + 0.5), tf.uint8)}
