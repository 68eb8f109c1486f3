"""The exact flow between two frames of one face, and where it can be seen."""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.synthetic.faces.expression import SKIN
from gfla_tf.synthetic.faces.frame import HEAD_PART, turned
from gfla_tf.synthetic.people import raycast
from gfla_tf.synthetic.people.frame import SAMPLES

# What lies less than this behind the nearest surface still counts as seen: a share of the head's unit.
_TOLERANCE = np.float32(0.045)
# Surfaces that turn away from the camera by less than this still count: at outlines the samples beside them decide.
_GRAZING = np.float32(0.01)


def flow(source, target):
    """Flow from target to source: target pixel p shows the material point that is at p + flow(p) in the source.

    A point is visible when it lies in the source image, faces the camera there, is not folded away or covered by an eyelid or
    a lip, and at one at least of the four samples around it nothing lies in front of it. The background stands still: its
    flow is 0, and it is visible where the source shows it too.

    Args:
        source, target: FaceFrames of one identity.

    Returns:
        flow (H, W, 2) float32 in pixels (x, y), multiples of 1/64, also for hidden points; visibility (H, W) bool.

    Raises:
        GflaError: the frames are not of one identity and size.
    """
    same = source.head.anatomy == target.head.anatomy and source.head.appearance is target.head.appearance
    if not same or source.part.shape != target.part.shape:
        raise GflaError("Flow needs two frames that one SyntheticFaces made of one identity.")
    height, width = target.part.shape
    row, column = np.nonzero(target.person)
    part, material = target.part[row, column], target.material[row, column].T
    x, y, depth, shown, facing = (np.empty(part.size, kind) for kind in ("f4", "f4", "f4", bool, bool))
    for find, here in ((_on_head, part >= HEAD_PART), (_on_bust, part < HEAD_PART)):
        x[here], y[here], depth[here], shown[here], facing[here] = find(source, part[here], material[:, here])

    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    left = np.clip(np.floor(x * SAMPLES), 0, SAMPLES * width - 2).astype(np.intp)
    top = np.clip(np.floor(y * SAMPLES), 0, SAMPLES * height - 2).astype(np.intp)
    first = top * (SAMPLES * width) + left
    clear = np.zeros(part.size, bool)
    tolerance = _TOLERANCE * np.float32(np.sqrt((source.to_image[-1][:, 0] ** 2).sum()))
    for offset in (0, 1, SAMPLES * width, SAMPLES * width + 1):
        found = source.part_samples.ravel()[first + offset]
        there = source.depth.ravel()[first + offset]
        # Round cones are convex, so the same one beside a point that faces the camera is that point's neighborhood.
        clear |= (there > depth - tolerance) & (found != raycast.NOBODY) | (found == part) & (
            part < HEAD_PART
        )
    result = np.zeros((height, width, 2), np.float32)
    result[row, column, 0] = np.round((x - column) * 64) / 64
    result[row, column, 1] = np.round((y - row) * 64) / 64
    visibility = ~(source.person | target.person)
    visibility[row, column] = shown & facing & inside & clear
    return result, visibility


def _on_head(source, part, material):
    """x, y, depth in the source of points on the head, whether they are shown, and whether they face the camera."""
    layer = part - HEAD_PART
    position, shown = source.head.place(layer, material)
    rows = raycast.gather(source.to_image[-1:], np.zeros(part.size, int))
    inverse = raycast.gather(source.from_image[-1:], np.zeros(part.size, int))
    normal = turned(inverse, source.head.normals(position))[2]
    # Openings lie in the skin, whose own outline decides what is seen of them.
    return *_moved(rows, position), shown, (normal < _GRAZING) | (layer != SKIN)


def _on_bust(source, part, material):
    normal = raycast.normals(raycast.gather(source.from_image, part), part, material, source.neck_and_ears)[2]
    shown = np.ones(part.size, bool)
    return *_moved(raycast.gather(source.to_image, part), material), shown, normal < _GRAZING


def _moved(rows, point):
    return (
        rows[i] * point[0] + rows[i + 1] * point[1] + (rows[i + 2] * point[2] + rows[i + 3])
        for i in (0, 4, 8)
    )
