"""What a .tflite is: a small JSON description that travels inside the file.

It is embedded as TFLite metadata embeds its associated files: a zip archive appended to the flatbuffer, here
with the entry `gfla.json`. Interpreters read the flatbuffer from its start and ignore what follows; `unzip -p
model.tflite gfla.json` prints it. The description also holds size and SHA-256 of the flatbuffer, so a damaged
file is noticed.

| field | task | holds |
|---|---|---|
| `task` | all | "pose", "dance", "face", "view" or "motion" |
| `subject` | pose, dance, face | what drives the network: "person", "dancer" or "face"; older files say their task only |
| `image_size` | all but motion | [height, width] |
| `value_range` | all but motion | [low, high] of image values: [-1, 1], or [0, 255] where images are uint8 |
| `attention_kind` | all but motion | "local", or an ablation: "bilinear", "global" or "none" |
| `attention` | all but motion | [{"level": 3, "kernel": 3}, ...], coarsest first |
| `joints` | pose, dance, motion | names of the joints, in the order of their heat maps or coordinates |
| `heat_map_sigma` | pose, dance | standard deviation of the heat maps, in pixels |
| `pose_stride` | pose | pixels of the image to one of the maps of a pose; 1 where the field is missing |
| `limb_sigma` | pose, dance | that of the limbs' profile, or null where there are no maps of limbs |
| `crop` | pose, dance, face | how a picture has to be cut for the network, see `gfla_tf.inference.photos.crop_rule` |
| `structure` | dance, face | {what: number of channels} of a structure, in their order |
| `state` | animations | {"first": ..., "next": ...}: what the inputs of the state are at the first step, and after each |
| `azimuths`, `elevations` | view | degrees of the classes; a view is both one-hot, one behind the other |
| `frames`, `receptive_field` | motion | frames that come out; receptive_field - 1 more go in |
| `clean_joints` | motion | names of the joints that come out |
| `coordinates` | motion | how joints are laid out |
| `weights` | all | {"origin": ..., "license": ...} |
| `lowering` | all | how samplers are written down, see `gfla_tf.export.convert.signatures`; "gather" where the field is missing |
| `variant` | all | "float32", or how it is quantized, see `gfla_tf.export.quantize.quantization` |
| `kept_in_float` | all | names of the operations that a quantized network computes in float all the same |
| `inputs`, `outputs` | all | {name: shape} of the whole network: of `serving_default`, or of `encode` and `generate` together |
| `signatures` | all | {signature: {"inputs": ..., "outputs": {name: {"shape", "type", "holds", "range" where there is one}}}} |
| `gfla_tf` | all | version that wrote the file; filled in |
| `flatbuffer` | all | {"bytes": ..., "sha256": ...}; filled in |
"""

import hashlib
import io
import json
import zipfile
from pathlib import Path

from gfla_tf import __version__
from gfla_tf.errors import GflaError, os_reason, reason_of
from gfla_tf.files import write_whole
from gfla_tf.io.documents import read_bytes
from gfla_tf.litert.claims import require_claims
from gfla_tf.litert.structure import require_structure

ENTRY = "gfla.json"
REQUIRED = ("task", "weights", "inputs", "outputs")

_MOST_BYTES = 2**31  # of a flatbuffer
_MOST_ASSOCIATED = 2**26  # of what is appended, labels and descriptions
_IDENTIFIER = b"TFL3"  # at bytes 4 to 8 of every TFLite flatbuffer


def write_description(path, description):
    """Embeds a description into a .tflite, in place of an earlier one; other associated files are kept.

    Args:
        path: the .tflite.
        description: dict of the fields above, of which `REQUIRED` must be there.

    Raises:
        GflaError: a required field is missing, or the file is not a .tflite or cannot be written.
    """
    if missing := [field for field in REQUIRED if field not in description]:
        raise GflaError(f"The description for {path} lacks {', '.join(missing)}.")
    flatbuffer, files = _split(path)
    digest = {"bytes": len(flatbuffer), "sha256": hashlib.sha256(flatbuffer).hexdigest()}
    description = {"gfla_tf": __version__, **description, "flatbuffer": digest}
    files[ENTRY] = json.dumps(description, indent=1).encode()
    path = Path(path)
    whole = io.BytesIO(flatbuffer)
    with zipfile.ZipFile(whole, "a") as archive:
        for name, content in files.items():
            # A fixed date, so that equal models are equal files.
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    try:
        write_whole(path, whole.getvalue())
    except OSError as error:
        raise GflaError(f"Cannot write {path}: {os_reason(error)}.") from error


def read_description(path):
    """The description embedded in a .tflite, a dict of the fields above, each of which holds what it can.

    Raises:
        GflaError: the file is missing, is not a .tflite, has no description or is damaged.
    """
    flatbuffer, files = _split(path)
    return _described(flatbuffer, files, path)


def flatbuffer_of(path):
    """The flatbuffer of a .tflite as bytes, without what was appended, that native code can follow.

    Raises:
        GflaError: as `read_description` does if there is a description, and if the flatbuffer is damaged.
    """
    flatbuffer, files = _split(path)
    if ENTRY in files:
        _described(flatbuffer, files, path)
    require_structure(flatbuffer, path)
    return flatbuffer


def _described(flatbuffer, files, path):
    if ENTRY not in files:
        raise GflaError(
            f"{path} has no embedded description, or its end was cut off; convert the model again."
        )
    try:
        description = json.loads(files[ENTRY])
        digest = description["flatbuffer"]["sha256"]
        complete = all(field in description for field in REQUIRED)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise GflaError(
            f"The description in {path} is damaged ({reason_of(error)}); convert the model again."
        ) from error
    if not complete or hashlib.sha256(flatbuffer).hexdigest() != digest:
        raise GflaError(
            f"{path} is damaged: it is not the model that its description was made for; convert it again."
        )
    require_claims(description, path)
    return description


def _split(path):
    """The flatbuffer of a .tflite and its associated files, {name: bytes}."""
    content = read_bytes(path, "model", _MOST_BYTES)
    if content[4:8] != _IDENTIFIER:
        raise GflaError(f"{path} is not a TFLite model.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > _MOST_ASSOCIATED:
                raise GflaError(
                    f"{path} is damaged: what is appended to it unpacks to gigabytes; convert it again."
                )
            files = {entry.filename: archive.read(entry) for entry in entries}
    except GflaError:
        raise
    except MemoryError:
        raise
    except Exception:  # no archive, or a damaged one, which fails in every way there is
        return content, {}
    return content[: max(min((entry.header_offset for entry in entries), default=len(content)), 0)], files
