"""Folders of small pictures of people, as users keep them."""

import numpy as np
from PIL import Image, ImageDraw

from gfla_tf.keypoints.pose_files import write_openpose
from gfla_tf.keypoints.poses import LIMBS


def figure(number, size=(96, 64), person=0):
    """A drawn person: uint8 picture (H, W, 3), its keypoints (18, 3) and its mask (H, W) bool."""
    height, width = size
    draw = np.random.default_rng(100 * person + number)
    middle, top = width / 2 + draw.uniform(-6, 6), height * 0.15
    y = np.array(
        [0.1, 0.2, 0.22, 0.35, 0.48, 0.22, 0.35, 0.48, 0.5, 0.65, 0.8, 0.5, 0.65, 0.8, 0.08, 0.08, 0.1, 0.1]
    )
    x = np.array(
        [0, 0, -0.1, -0.15, -0.2, 0.1, 0.15, 0.2, -0.08, -0.1, -0.1, 0.08, 0.1, 0.1, -0.03, 0.03, -0.06, 0.06]
    )
    keypoints = np.column_stack([middle + x * height, top + y * height * 0.95, np.ones(18)])
    keypoints[[3, 4, 6, 7, 9, 10, 12, 13], :2] += height / 24 * draw.uniform(-1, 1, (8, 2))
    shade = tuple(int(v) for v in np.random.default_rng(person).integers(40, 220, 3))
    picture, mask = Image.new("RGB", (width, height), (230, 230, 225)), Image.new("L", (width, height), 0)
    for image, color in ((picture, shade), (mask, 255)):
        pen = ImageDraw.Draw(image)
        for a, b in LIMBS:
            pen.line([tuple(keypoints[a, :2]), tuple(keypoints[b, :2])], fill=color, width=4)
    return np.asarray(picture), keypoints.astype(np.float32), np.asarray(mask) > 0


def write_people(directory, counts, size=(96, 64), masks=False):
    """Writes {person: number of pictures} in the generic layout, with poses beside."""
    for index, (person, count) in enumerate(counts.items()):
        folder = directory / person
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            picture, keypoints, mask = figure(number, size, index)
            Image.fromarray(picture).save(folder / f"{number:03d}.png")
            write_openpose(folder / f"{number:03d}.json", keypoints)
            if masks:
                Image.fromarray(np.uint8(mask) * 255).save(folder / f"{number:03d}_mask.png")
    return directory


def write_clips(directory, counts, size=(64, 64), faces=False):
    """Writes {PERSON/CLIP: number of frames} in the generic layout, with poses or, of `faces`, 68 points beside."""
    for index, (clip, count) in enumerate(counts.items()):
        folder = directory / clip
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            picture, keypoints, _ = figure(number, size, index)
            Image.fromarray(picture).save(folder / f"{number}.png")  # 10.png comes after 9.png
            if faces:
                angles = 0.09 * np.arange(68) + 0.1 * number
                points = np.array(size[::-1]) / 2 + 0.3 * size[0] * np.column_stack(
                    [np.cos(angles), np.sin(angles)]
                )
                np.savetxt(folder / f"{number}.txt", points, "%.3f", ",")
            else:
                write_openpose(folder / f"{number}.json", keypoints)
    return directory
