"""The exact flow between two frames of one person, and where it can be seen."""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.synthetic.people import raycast
from gfla_tf.synthetic.people.frame import SAMPLES

# What lies less than this behind the nearest surface, in pixels, still counts as seen: parts overlap at the joints.
_TOLERANCE = np.float32(0.75)


def flow(source, target):
    """Flow from target to source: target pixel p shows the surface point that projects to p + flow(p) in the source.

    A point is visible when it projects into the source image, its surface faces the camera there, and at one at least of
    the four samples around its projection nothing lies in front of it.

    Args:
        source, target: Frames of one identity.

    Returns:
        flow (H, W, 2) float32 in pixels (x, y), multiples of 1/64, also for hidden points, 0 on the background;
        visibility (H, W) bool, False on the background.

    Raises:
        GflaError: the frames are not of one identity and size.
    """
    same = source.body is target.body or source.body.parts == target.body.parts
    if not same or source.person.shape != target.person.shape:
        raise GflaError("Flow needs two frames that one SyntheticPeople made of one identity.")
    height, width = target.person.shape
    row, column = np.nonzero(target.person)
    part, point = target.part[row, column], target.point[row, column].T
    rows = raycast.gather(source.to_image, part)
    x, y, depth = (
        rows[i] * point[0] + rows[i + 1] * point[1] + (rows[i + 2] * point[2] + rows[i + 3])
        for i in (0, 4, 8)
    )

    facing = raycast.normals(raycast.gather(source.from_image, part), part, point, source.body)[2] < 0.01
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    left = np.clip(np.floor(x * SAMPLES), 0, SAMPLES * width - 2).astype(np.intp)
    top = np.clip(np.floor(y * SAMPLES), 0, SAMPLES * height - 2).astype(np.intp)
    first = top * (SAMPLES * width) + left
    clear = np.zeros(part.size, bool)
    for offset in (0, 1, SAMPLES * width, SAMPLES * width + 1):
        found = source.part_samples.ravel()[first + offset]
        # Parts are convex, so the same part, seen beside a point that faces the camera, is that point's neighborhood.
        there = source.depth.ravel()[first + offset]
        clear |= (found == part) | ((there > depth - _TOLERANCE) & (found != raycast.NOBODY))
    result = np.zeros((height, width, 2), np.float32)
    result[row, column, 0] = np.round((x - column) * 64) / 64
    result[row, column, 1] = np.round((y - row) * 64) / 64
    visibility = np.zeros((height, width), bool)
    visibility[row, column] = facing & inside & clear
    return result, visibility
