"""Joint orders and pose heat maps.

The package's joint order is the one of the published models: the 18 OpenPose joints, see `JOINTS`. Poses found by other
tools are brought into that order by `gfla_tf/keypoints/pose_files.py` and
`gfla_tf/inference/detectors/pose_detector.py`. NumPy only, so that the demos need no
TensorFlow.
"""

import numpy as np

JOINTS = (
    "nose",
    "neck",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "right_eye",
    "left_eye",
    "right_ear",
    "left_ear",
)

# Pairs of indices into JOINTS, for drawing.
LIMBS = (
    (1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13),
    (1, 0), (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip

# The published models draw their joints with this standard deviation, in pixels, at every image size.
HEAT_MAP_SIGMA = 6.0


def places(extent, stride=1):
    """Positions in pixels of an image's rows or columns: the middle of every `stride` of its `extent` pixels, float32."""
    return np.arange(extent // stride, dtype=np.float32) * stride + np.float32((stride - 1) / 2)


def heat_maps(keypoints, image_size, sigma=HEAT_MAP_SIGMA, stride=1):
    """Gaussian heat maps of joints: exp(-d^2 / (2 sigma^2)) around each joint.

    With a stride of 1 its position is truncated to whole pixels, as published; with another it is not.

    Args:
        keypoints: (..., joints, 3): x, y in pixels of the image and a confidence; a confidence of 0 gives an empty map.
        image_size: (height, width).
        sigma: standard deviation in pixels.
        stride: pixels of the image to one of the maps.

    Returns:
        (..., height / stride, width / stride, joints) float32 in [0, 1].
    """
    keypoints = np.asarray(keypoints, np.float32)
    height, width = image_size
    position = np.trunc(keypoints[..., :2]) if stride == 1 else keypoints[..., :2]
    present = keypoints[..., 2] > 0
    dx = places(width, stride) - position[..., 0, None]  # (..., joints, width)
    dy = places(height, stride) - position[..., 1, None]  # (..., joints, height)
    scale = np.float32(-0.5 / sigma**2)
    row, column = np.exp(scale * dy**2), np.exp(scale * dx**2) * present[..., None]
    return np.einsum("...jh,...jw->...hwj", row, column)


def limb_maps(keypoints, image_size, sigma, limbs=LIMBS, stride=1):
    """Maps of limbs: exp(-d^2 / (2 sigma^2)), where d is the distance to the segment between the joints of each of `limbs`.

    Other arguments as for `heat_maps`; returns (..., height / stride, width / stride, limbs). A limb with a missing joint has an
    empty map.
    """
    keypoints = np.asarray(keypoints, np.float32)[..., None, None, :, :]
    height, width = image_size
    first, second = (keypoints[..., [limb[end] for limb in limbs], :] for end in (0, 1))
    present = (first[..., 2] > 0) & (second[..., 2] > 0)
    x = places(width, stride)[None, :, None] - first[..., 0]  # (..., height or 1, width, limbs)
    y = places(height, stride)[:, None, None] - first[..., 1]
    along_x, along_y = second[..., 0] - first[..., 0], second[..., 1] - first[..., 1]
    share = np.clip((x * along_x + y * along_y) / (along_x**2 + along_y**2 + np.float32(1e-6)), 0, 1)
    distance = (x - share * along_x) ** 2 + (y - share * along_y) ** 2
    return np.exp(np.float32(-0.5 / sigma**2) * distance) * present


def pose_maps(keypoints, image_size, sigma=HEAT_MAP_SIGMA, limb_sigma=None, stride=1):
    """What the networks see of a pose: `heat_maps`, followed by `limb_maps` where `limb_sigma` is not None.

    The published networks see heat maps alone. Wide heat maps make flows easy to learn, thin limbs make outlines so.
    """
    maps = heat_maps(keypoints, image_size, sigma, stride)
    if limb_sigma is None:
        return maps
    return np.concatenate([maps, limb_maps(keypoints, image_size, limb_sigma, stride=stride)], axis=-1)


def pose_channels(limb_sigma=None):
    """Number of channels of `pose_maps`."""
    return len(JOINTS) + (0 if limb_sigma is None else len(LIMBS))
