"""Pictures of motion: joints over time, and strips of skeletons in the order `H36M_17`."""

import cv2
import numpy as np

from gfla_tf.keypoints.joint_orders import H36M_17, H36M_LIMBS
from gfla_tf.pictures.drawing import labeled_grid

_PAPER = 255
_COLORS = {"right": (200, 60, 40), "left": (40, 90, 200)}  # of the person's sides
_MIDDLE = (70, 70, 70)


def skeleton_strips(sequences, cell=128, shown=8, title=None):
    """A row for each sequence: skeletons at `shown` moments, the right side in red, the left in blue.

    In each column all are framed by the last sequence's person, at one scale for all columns.

    Args:
        sequences: {label: (T, 17, 2)} in pixels or any other unit, x first.
        cell: height of a skeleton's picture.
        shown: moments, evenly spread over the T frames.
        title: a line above everything.

    Returns:
        uint8 (height, width, 3).
    """
    truth = list(sequences.values())[-1]
    moments = np.unique(np.linspace(0, len(truth) - 1, shown).round().astype(int))
    low, high = truth[moments].min(axis=1), truth[moments].max(axis=1)
    middle, extent = (low + high) / 2, (high - low).max(axis=0) * 1.25
    scale = cell / max(extent[1], 1e-6)
    size = cell, max(cell // 4, int(np.ceil(extent[0] * scale)))
    rows = []
    for label, points in sequences.items():
        placed = (points[moments] - middle[:, None]) * scale + (size[1] / 2, size[0] / 2)
        pictures = [skeleton(frame, size) for frame in placed]
        rows.append([(f"{label}, {moment}", picture) for moment, picture in zip(moments, pictures)])
    return labeled_grid(rows, cell=size, title=title)


def skeleton(points, size):
    """Draws the joints (17, 2) in pixels of a picture of `size` (height, width), uint8 (height, width, 3)."""
    picture = np.full((*size, 3), _PAPER, np.uint8)
    fixed = [tuple(round(16 * float(value)) for value in np.clip(point, -1e4, 1e4)) for point in points]
    for inner, outer in H36M_LIMBS:
        color = _COLORS.get(H36M_17[outer].partition("_")[0], _MIDDLE)
        cv2.line(picture, fixed[inner], fixed[outer], color, max(1, size[0] // 64), cv2.LINE_AA, 4)
    return picture


def joint_curves(sequences, joints):
    """Two panels, x and y, for each of some joints: its way through a sequence, noisy, clean and true.

    Args:
        sequences: {label: (T, 17, 2)} in pixels; the first is drawn thin and the last dashed.
        joints: their names, of `H36M_17`.

    Returns:
        uint8 (height, width, 3).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # here, as in visualization.py
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 2.4 * len(joints)), layout="constrained", dpi=100)
    canvas = FigureCanvasAgg(figure)
    styles = [
        {"color": "#b9b9b9", "linewidth": 1.2},
        *[{"color": "#d7263d", "linewidth": 1.8}] * (len(sequences) - 2),
        {"color": "black", "linewidth": 1.2, "linestyle": "--"},
    ]
    for row, joint in enumerate(joints):
        for axis, name in enumerate("xy"):
            axes = figure.add_subplot(len(joints), 2, 2 * row + axis + 1)
            for (label, points), style in zip(sequences.items(), styles, strict=True):
                axes.plot(points[:, H36M_17.index(joint), axis], label=label, **style)
            axes.set_ylabel(f"{joint.replace('_', ' ')}, {name} in pixels", fontsize=9)
            axes.grid(alpha=0.3)
            axes.margins(x=0.01)
    figure.axes[0].legend(ncols=len(sequences), fontsize=9)
    for axes in figure.axes[-2:]:
        axes.set_xlabel("frame")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def stacked(pictures):
    """Pictures one below the other on white, uint8 (height, width, 3)."""
    width = max(picture.shape[1] for picture in pictures)
    wide = (((0, 0), (0, width - picture.shape[1]), (0, 0)) for picture in pictures)
    return np.concatenate([np.pad(*pair, constant_values=_PAPER) for pair in zip(pictures, wide)])
