"""What a converted network says about itself, see `gfla_tf.litert.description` for the table of its fields."""

from gfla_tf.export.convert.signatures import PLAIN

from gfla_tf.inference.photos import crop_rule
from gfla_tf.inference.subjects import SUBJECTS
from gfla_tf.models.animation import STATE, is_recurrent

# What an array holds, by the first or the last word of its name, and between which values.
_HOLDS = {
    "image": "RGB",
    "generated": "RGB",
    "pose": "maps of joints, and of limbs where limb_sigma says so",
    "structure": "maps, see structure",
    "keypoints": "x, y in pixels of the image and a confidence for each joint, 0 where it is missing",
    "view": "azimuth and elevation, each one-hot, one behind the other",
    "flow": "x, y in pixels of the level, from target to source",
    "mask": "share that is taken from the source",
    "attention": "coefficients of the patch, row by row",
    "encoded": "what depends on the source alone, for generate",
    "clean": "coordinates, see coordinates",
}
_RANGES = {"pose": [0, 1], "view": [0, 1], "mask": [0, 1], "attention": [0, 1]}


def describe(source, model, form=PLAIN, variant="float32", kept=()):
    """The description that is embedded into a .tflite, without what is filled in when it is written.

    Args:
        source: `gfla_tf.export.convert.sources.Source`.
        model: the .tflite as an `gfla_tf.litert.runner.TFLiteModel`.
        form: `gfla_tf.export.convert.signatures.Form`.
        variant: float32, or one of `gfla_tf.export.quantize.quantization.KINDS`.
        kept: names of the operations that a quantized network computes in float.
    """
    fields = task_fields(source)
    if form.uint8:
        fields["value_range"] = [0, 255]
    if form.keypoints and "state" in fields:
        fields["state"] = {
            when: {name.replace("structure", "keypoints"): what.replace("structure", "keypoints") for name, what in state.items()}
            for when, state in fields["state"].items()
        }  # fmt: skip
    arrays = {
        name: {
            direction: {array: _facts(array, getattr(signature, direction)[array], signature.types[array], fields)
                        for array in getattr(signature, direction)}
            for direction in ("inputs", "outputs")
        }
        for name, signature in model.signatures.items()
    }  # fmt: skip
    return {
        **fields,
        "lowering": form.lowering,
        "variant": variant,
        "kept_in_float": list(kept),
        "weights": source.weights,
        "inputs": model.inputs,
        "outputs": model.outputs,
        "signatures": arrays,
    }


def task_fields(source):
    """The fields that do not depend on the file: what the network is and how it was trained to see the world."""
    generator, fields = source.generator, {"task": source.task.name}
    if hasattr(generator, "image_size"):
        kind = getattr(generator, "attention", "local")
        attention = [{"level": level} for level in sorted(generator.attention_kernels, reverse=True)]
        for entry in attention if kind == "local" else ():
            entry["kernel"] = generator.attention_kernels[entry["level"]]
        fields |= {
            "image_size": list(generator.image_size),
            "value_range": [-1, 1],
            "attention_kind": kind,
            "attention": [] if kind == "none" else attention,
        }
    if subject := source.task.subject:
        fields |= {"subject": subject, "crop": crop_rule(SUBJECTS[subject])}
    fields |= source.task.description(generator)
    if is_recurrent(generator):
        fields["state"] = STATE
    return fields


def _facts(name, shape, type_, fields):
    """Shape, type, meaning and range of an array of a signature."""
    word = next((word for word in (name.split("_")[0], name.split("_")[-1]) if word in _HOLDS), name)
    facts = {"shape": list(shape), "type": type_.name, "holds": _HOLDS.get(word, word)}
    if "coordinates" in fields:
        facts["holds"] = _HOLDS["clean"]
    elif word in ("image", "generated"):
        facts["range"] = [0, 255] if type_ == "uint8" else [-1, 1]
    elif word in _RANGES:
        facts["range"] = _RANGES[word]
    return facts
