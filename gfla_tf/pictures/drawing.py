"""Pictures of what the networks see and do: flow in color, skeletons, masks, labeled grids.

Everything here returns uint8 RGB arrays (height, width, 3), made with NumPy and OpenCV alone, so that the
demos, which run without TensorFlow, draw with the same functions as training.
"""

import re

import cv2
import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.files import write_whole
from gfla_tf.keypoints.poses import LIMBS
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS

# OpenPose gives its 18 joints equally spaced hues, 20 degrees apart, starting with red for the nose.
JOINT_COLORS = cv2.cvtColor(
    np.array([[(20.0 * joint, 1.0, 1.0) for joint in range(18)]], np.float32), cv2.COLOR_HSV2RGB
)[0]
JOINT_COLORS = [tuple(round(255 * value) for value in color) for color in JOINT_COLORS]

HEAT_MAP_THRESHOLD = 0.05  # a heat map that stays below has no joint

_FONT, _FONT_SCALE, _LINE_HEIGHT, _GAP = cv2.FONT_HERSHEY_SIMPLEX, 0.42, 16, 4
_PAPER, _INK = 255, (30, 30, 30)


def to_uint8(image):
    """Float image in [-1, 1] to uint8: round(127.5 (x + 1)), clipped; NaN becomes 0; uint8 stays."""
    image = np.asarray(image)
    if image.dtype == np.uint8:
        return image
    image = np.nan_to_num(image.astype(np.float32), nan=-1.0, posinf=1.0, neginf=-1.0)
    return np.clip(np.rint((image + 1.0) * 127.5), 0, 255).astype(np.uint8)


def mask_to_gray(mask):
    """Mask in [0, 1], (H, W) or (H, W, 1), to a gray uint8 picture (H, W, 3): 1 is white; NaN is black."""
    mask = np.asarray(mask, np.float32)
    mask = mask.reshape(mask.shape[:2])
    return _three_channels(to_uint8(mask * 2.0 - 1.0))


def flow_to_color(flow, max_norm=None):
    """Flow in color as Middlebury draws it: hue is the direction, saturation the length, white is no motion.

    Right is red, down yellow-green, left cyan, up violet.

    Args:
        flow: (H, W, 2), (x, y) in pixels.
        max_norm: the length drawn in full color, longer ones are too; None means the longest finite one in
            `flow`.

    Returns:
        uint8 (H, W, 3); non-finite vectors are black.
    """
    flow = np.asarray(flow, np.float32)
    finite = np.isfinite(flow).all(-1)
    x, y = np.where(finite[..., None], flow, 0.0).transpose(2, 0, 1)
    length = np.hypot(x, y)
    if max_norm is None:
        max_norm = _longest(flow)
    hue = np.degrees(np.arctan2(y, x)) % 360.0
    saturation = np.clip(length / max(max_norm, 1e-6), 0.0, 1.0)
    color = cv2.cvtColor(np.stack([hue, saturation, finite.astype(np.float32)], -1), cv2.COLOR_HSV2RGB)
    return np.rint(255 * color).astype(np.uint8)


def draw_skeleton(image, keypoints, thickness=None):
    """Draws limbs and joints in OpenPose's colors on a copy of the image.

    A limb has the color of its outer joint. Joints of confidence 0, or at non-finite positions, and their
    limbs are left out.

    Args:
        image: uint8 (H, W, 3).
        keypoints: (18, 3): x, y in pixels of the image and a confidence.
        thickness: of limbs in pixels; None means 1/64 of the shorter side, at least 1.
    """
    picture = np.array(_three_channels(image))
    keypoints = np.asarray(keypoints, np.float32)
    present = np.isfinite(keypoints).all(-1) & (keypoints[:, 2] > 0)
    if thickness is None:
        thickness = max(1, round(min(picture.shape[:2]) / 64))
    # OpenCV draws at 1/16 of a pixel; far-off joints would overflow its integers.
    positions = np.clip(np.nan_to_num(keypoints[:, :2]), -1e4, 1e4)
    positions = [tuple(round(16 * value) for value in position) for position in positions]
    for inner, outer in LIMBS:
        if present[inner] and present[outer]:
            color = tuple(int(0.7 * value) for value in JOINT_COLORS[outer])
            cv2.line(picture, positions[inner], positions[outer], color, thickness, cv2.LINE_AA, 4)
    for joint in np.flatnonzero(present):
        cv2.circle(
            picture, positions[joint], int(16 * 0.9 * thickness), JOINT_COLORS[joint], -1, cv2.LINE_AA, 4
        )
    return picture


def skeleton_from_heat_maps(heat_maps):
    """Keypoints (joints, 3) at the maxima of heat maps (H, W, joints), for drawing.

    The confidence is the maximum itself, and 0 where it stays below `HEAT_MAP_THRESHOLD`.
    """
    heat_maps = np.nan_to_num(np.asarray(heat_maps, np.float32))
    flat = heat_maps.reshape(-1, heat_maps.shape[-1])
    y, x = np.divmod(flat.argmax(0), heat_maps.shape[1])
    peak = flat.max(0)
    return np.stack([x, y, np.where(peak < HEAT_MAP_THRESHOLD, 0.0, peak)], -1).astype(np.float32)


def pose_picture(heat_maps):
    """A pose of maps (H, W, channels): the skeleton of its first 18 channels on black; if there are fewer, the brightest one."""
    heat_maps = np.asarray(heat_maps, np.float32)[..., : len(JOINT_COLORS)]
    if heat_maps.shape[-1] < len(JOINT_COLORS):
        return mask_to_gray(heat_maps.max(-1))
    return draw_skeleton(np.zeros((*heat_maps.shape[:2], 3), np.uint8), skeleton_from_heat_maps(heat_maps))


def view_picture(view, size=64):
    """A view, one-hot (21,), from above: the object in the middle looks down the picture, and a dot and a ray are the camera.

    The camera stands nearer to the middle the higher it is. Returns uint8 (size, size, 3).
    """
    azimuth, elevation = (int(np.argmax(part)) for part in np.split(np.asarray(view), [len(AZIMUTHS)]))
    turn, rise = np.radians(AZIMUTHS[azimuth]), np.radians(ELEVATIONS[elevation])
    picture = _paper(size, size)

    def place(share):  # in sixteenths of a pixel
        away = 0.42 * size * share
        return tuple(round(16 * (size / 2 + away * f(turn))) for f in (np.sin, np.cos))

    cv2.circle(picture, place(0), round(16 * 0.42 * size), (200, 200, 200), 1, cv2.LINE_AA, 4)
    corners = size / 2 + size * np.array([(-0.08, -0.1), (0.08, -0.1), (0, 0.14)])  # its tip is the front
    cv2.fillPoly(picture, [np.round(16 * corners).astype(np.int32)], (120, 120, 120), cv2.LINE_AA, 4)
    camera = place(float(np.cos(2 * rise)))
    cv2.line(picture, camera, place(0.3), (230, 140, 120), 1, cv2.LINE_AA, 4)
    cv2.circle(picture, camera, round(16 * 0.06 * size), (200, 30, 30), -1, cv2.LINE_AA, 4)
    return picture


def labeled_grid(rows, cell=128, title=None):
    """One picture of many, each with its label above it.

    Pictures keep their proportions and are centered in their cells: enlarged by nearest neighbor, so that
    pixels of coarse levels show as such, and shrunk by area. Columns widen where a label needs it.

    Args:
        rows: list of rows, each a list of (label, uint8 picture (H, W, 3), (H, W, 1) or (H, W)); rows may
            differ in length, a label may have several lines.
        cell: (height, width) that a picture fits into; an integer is the height alone.
        title: a line above everything.

    Returns:
        uint8 (height, width, 3).
    """
    if not any(rows):
        raise GflaError("A grid of pictures needs at least one picture, got none.")
    rows = [[(label.split("\n"), _fit(picture, cell)) for label, picture in row] for row in rows]
    widths = [
        max(max(picture.shape[1], *map(_text_width, lines)) for lines, picture in column)
        for column in _columns(rows)
    ]
    width = _GAP + sum(width + _GAP for width in widths)
    strips = []
    if title:
        width = max(width, _text_width(title) + 2 * _GAP)
        strips.append(_write(_paper(_LINE_HEIGHT + _GAP, width), [title], _GAP, thickness=2))
    for row in rows:
        label_height = _GAP + _LINE_HEIGHT * max((len(lines) for lines, _ in row), default=0)
        height = max((picture.shape[0] for _, picture in row), default=0)
        strip = _paper(label_height + height + _GAP, width)
        left = _GAP
        for (lines, picture), column_width in zip(row, widths):
            _write(strip, lines, left)
            top, start = (
                label_height + (height - picture.shape[0]) // 2,
                left + (column_width - picture.shape[1]) // 2,
            )
            strip[top : top + picture.shape[0], start : start + picture.shape[1]] = picture
            left += column_width + _GAP
        strips.append(strip)
    return np.concatenate(strips)


def training_grid(batch, outputs, condition="pose", draw=pose_picture, max_rows=4):
    """One row per sample: source, source and target condition, flow and mask of each level, generated, target.

    Flows of one level share their scale: its longest vector, in pixels of the level, stands in the label;
    below one pixel the colors stay pale, so that an untrained network does not look busy.

    Args:
        batch: `source_image`, `target_image` (N, H, W, 3) in [-1, 1], `source_pose`, `target_pose` (N, H, W,
            joints).
        outputs: `generated` and, for each level L, `flow_L` and `mask_L`.
        condition: what stands in place of the pose, `source_CONDITION`, `target_CONDITION` (N, ...).
        draw: uint8 picture (H, W, 3) or (H, W, 1) of one of them.
        max_rows: samples shown.
    """
    count = min(max_rows, len(batch["source_image"]))
    columns = ("source_image", "target_image", f"source_{condition}", f"target_{condition}")
    batch = {name: np.asarray(batch[name][:count], np.float32) for name in columns}
    outputs = {
        name: np.asarray(value[:count], np.float32)
        for name, value in outputs.items()
        if _OUTPUT_COLUMN.fullmatch(name)
    }
    levels = sorted((int(name[5:]) for name in outputs if name.startswith("flow_")), reverse=True)
    longest = {level: _longest(outputs[f"flow_{level}"]) for level in levels}
    rows = []
    for sample in range(count):
        row = [
            ("source", to_uint8(batch["source_image"][sample])),
            *(
                (f"{role} {condition}", draw(batch[f"{role}_{condition}"][sample]))
                for role in ("source", "target")
            ),
        ]
        for level in levels:
            flow = flow_to_color(outputs[f"flow_{level}"][sample], max(1.0, longest[level]))
            row.append((f"flow_{level}, max {longest[level]:.1f} px", flow))
            if f"mask_{level}" in outputs:  # the flow of pixels has none
                row.append((f"mask_{level}", mask_to_gray(outputs[f"mask_{level}"][sample])))
        if "generated" in outputs:
            row.append(("generated", to_uint8(outputs["generated"][sample])))
        rows.append([*row, ("target", to_uint8(batch["target_image"][sample]))])
    return labeled_grid(rows, cell=max(128, batch["source_image"].shape[1]))


def write_png(path, image):
    """Writes a uint8 picture as PNG, under a temporary name first; makes the folder if needed.

    Raises:
        GflaError: the file cannot be written.
    """
    try:
        write_whole(path, cv2.imencode(".png", _three_channels(image)[..., ::-1])[1].tobytes())
    except OSError as error:
        raise GflaError(f"Cannot write the picture {path}: {error.strerror}.") from error


_OUTPUT_COLUMN = re.compile(r"generated|(flow|mask)_\d+")


def _longest(flow):
    return float(np.hypot(*np.moveaxis(flow, -1, 0)).max(initial=0.0, where=np.isfinite(flow).all(-1)))


def _three_channels(image):
    image = np.asarray(image)
    if image.ndim == 2:
        image = image[..., None]
    return np.ascontiguousarray(np.broadcast_to(image, (*image.shape[:2], 3)))


def _fit(picture, cell):
    picture = _three_channels(picture)
    height, width = picture.shape[:2]
    scale = cell / height if isinstance(cell, int) else min(cell[0] / height, cell[1] / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST if scale >= 1 else cv2.INTER_AREA)


def _columns(rows):
    return [[row[index] for row in rows if index < len(row)] for index in range(max(map(len, rows)))]


def _paper(height, width):
    return np.full((height, width, 3), _PAPER, np.uint8)


def _text_width(text):
    return cv2.getTextSize(text, _FONT, _FONT_SCALE, 2)[0][0]


def _write(picture, lines, left, thickness=1):
    for index, line in enumerate(lines):
        baseline = left, _LINE_HEIGHT * (index + 1) - 3
        cv2.putText(picture, line, baseline, _FONT, _FONT_SCALE, _INK, thickness, cv2.LINE_AA)
    return picture
