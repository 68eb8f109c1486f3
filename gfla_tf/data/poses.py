"""Joint orders and pose heat maps.

The package's joint order is the one of the published models: the 18 OpenPose joints, see `JOINTS`. Poses found by other
tools are brought into that order by `demo/pose_files.py` and `demo/pose_detector.py`. NumPy only, so that the demos need no
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


def heat_maps(keypoints, image_size, sigma=HEAT_MAP_SIGMA):
    """Gaussian heat maps of joints: exp(-d^2 / (2 sigma^2)) around each joint, whose position is truncated to whole pixels.

    Args:
        keypoints: (..., joints, 3): x, y in pixels of the image and a confidence; a confidence of 0 gives an empty map.
        image_size: (height, width).
        sigma: standard deviation in pixels.

    Returns:
        (..., height, width, joints) float32 in [0, 1].
    """
    keypoints = np.asarray(keypoints, np.float32)
    height, width = image_size
    position = np.trunc(keypoints[..., :2])
    present = keypoints[..., 2] > 0
    dx = np.arange(width, dtype=np.float32) - position[..., 0, None]  # (..., joints, width)
    dy = np.arange(height, dtype=np.float32) - position[..., 1, None]  # (..., joints, height)
    scale = np.float32(-0.5 / sigma**2)
    row, column = np.exp(scale * dy**2), np.exp(scale * dx**2) * present[..., None]
    return np.einsum("...jh,...jw->...hwj", row, column)
