"""The exact flow between two views of one object, and where it can be seen."""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.synthetic.objects import raycast

_TOLERANCE = np.float32(
    1e-3
)  # of the depth: a ray meets its own surface a rounding error before or behind it


def flow(solids, source, target):
    """Flow from target to source: target pixel p shows the surface point that projects to p + flow(p) in the source.

    A point is visible when it projects into the source image, its face looks at the camera there, and the ray that leads to
    it meets no other solid before.

    Args:
        solids: of the object.
        source, target: its Views.

    Returns:
        flow (H, W, 2) float32 in pixels (x, y), multiples of 1/64, also for hidden points, 0 on the background;
        visibility (H, W) bool, False on the background.

    Raises:
        GflaError: the views differ in size.
    """
    height, width = target.mask.shape
    if source.mask.shape != target.mask.shape:
        raise GflaError("Flow needs two views of one size.")
    row, column = np.nonzero(target.mask)
    point, normal = target.point[row, column].T, target.normal[row, column].T
    x, y, depth = raycast.project(source.camera, point)
    visible = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    towards = source.camera.position.astype(np.float32)[:, None] - point
    visible &= (normal * towards).sum(axis=0) > 0
    nearest = np.max([raycast.inverse_depth(solid, source.camera, x, y) for solid in solids], axis=0)
    visible &= nearest * depth < 1 + _TOLERANCE

    result = np.zeros((height, width, 2), np.float32)
    result[row, column, 0] = np.round((x - column) * 64) / 64
    result[row, column, 1] = np.round((y - row) * 64) / 64
    visibility = np.zeros((height, width), bool)
    visibility[row, column] = visible
    return result, visibility
