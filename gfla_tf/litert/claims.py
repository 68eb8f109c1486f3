"""Whether a description says of a model what can be, and what the model's own inputs are: it is data from outside."""

import math

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import LIMBS

_SIDE = 8192  # pixels
_JOINTS = 256
_SKELETON = 3  # maps of a dance beside those of the joints
_FACE_MAPS = 16


def require_claims(description, path):
    """Raises a `GflaError` that names `path` and the first field that cannot be; unknown fields may hold anything."""
    for field, works in _FIELDS.items():
        if field in description and not _holds(works, description[field]):
            raise GflaError(
                f"The description in {path} is damaged ({field} is {str(description[field])[:60]!r}); convert the model again."
            )


def require_agreement(description, inputs, path):
    """Raises a `GflaError` that names `path` if a model's inputs {name: shape} are others than its description says."""

    def require(works, what):
        if not works:
            raise GflaError(
                f"{path} is damaged: its description says another {what} than the model takes; convert it again."
            )

    task, joints = description["task"], len(description.get("joints", ()))
    pictures = {name: shape for name, shape in inputs.items() if name.endswith("_image")}
    maps = {name: shape for name, shape in inputs.items() if name.endswith(("_pose", "_structure"))}
    if task != "motion" and pictures:
        size = tuple(description.get("image_size", ()))
        require(all(len(shape) == 4 and shape[1:] == (*size, 3) for shape in pictures.values()), "image_size")
        seen = tuple(extent // description.get("pose_stride", 1) for extent in size)
        require(all(len(shape) == 4 and shape[1:3] == seen for shape in maps.values()), "image_size")
    limbs = 0 if description.get("limb_sigma") is None else len(LIMBS)
    channels = {"pose": joints + limbs, "dance": joints + _SKELETON, "face": _FACE_MAPS}.get(task)
    if channels and (joints or task == "face"):
        require(all(shape[-1] == channels for shape in maps.values()), "number of joints")
    if task == "motion" and {"frames", "receptive_field"} <= description.keys():
        frames = description["frames"] + description["receptive_field"] - 1
        wanted = (1, frames, 2 * joints)
        require(all(shape == wanted for shape in inputs.values()), "number of frames or joints")


def _holds(works, value):
    try:
        return bool(works(value))
    except (TypeError, ValueError, AttributeError, OverflowError):
        return False


def _is_whole(value, low, high):
    return type(value) is int and low <= value <= high


def _is_sigma(value):
    return type(value) in (int, float) and math.isfinite(value) and 0.05 <= value <= 1000


def _is_words(value):
    return isinstance(value, list) and len(value) <= _JOINTS and all(isinstance(word, str) for word in value)


def _is_degrees(value):
    return isinstance(value, list) and len(value) <= 360 and all(_is_whole(one, -360, 360) for one in value)


def _is_dict(value):
    return isinstance(value, dict)


_FIELDS = {
    "task": lambda value: isinstance(value, str) and 0 < len(value) <= 100,  # one of ours, or somebody's own
    "image_size": lambda value: (
        isinstance(value, list) and len(value) == 2 and all(_is_whole(one, 8, _SIDE) for one in value)
    ),
    "value_range": lambda value: value in ([-1, 1], [0, 255]),
    "attention_kind": lambda value: isinstance(value, str) and 0 < len(value) <= 100,
    "attention": lambda value: isinstance(value, list) and all(map(_is_dict, value)),
    "joints": lambda value: _is_words(value) and len(value) > 0,
    "clean_joints": _is_words,
    "heat_map_sigma": _is_sigma,
    "limb_sigma": lambda value: value is None or _is_sigma(value),
    "pose_stride": lambda value: _is_whole(value, 1, 64),
    "structure": lambda value: _is_dict(value) and all(_is_whole(one, 0, _JOINTS) for one in value.values()),
    "state": _is_dict,
    "azimuths": _is_degrees,
    "elevations": _is_degrees,
    "frames": lambda value: _is_whole(value, 1, 10**6),
    "receptive_field": lambda value: _is_whole(value, 1, 10**6),
    "coordinates": lambda value: isinstance(value, str),
    "weights": _is_dict,
    "lowering": lambda value: isinstance(value, str),
    "variant": lambda value: isinstance(value, str),
    "kept_in_float": lambda value: isinstance(value, (list, dict)),
    "inputs": _is_dict,
    "outputs": _is_dict,
    "signatures": _is_dict,
}
