"""Public datasets in miniature: the files that a user would put in place, in exactly their formats."""

import numpy as np
from PIL import Image

ANNOTATED = {"fasion": (256, 176), "market": (128, 64)}  # (height, width)
PEOPLE, POSES = {"train": 3, "test": 2}, 3


def write_pose_pairs(directory, prefix, image_size):
    """Images, pairs and annotations of a few people in both splits.

    Each image is dark with a white square of 5 x 5 pixels around its nose. The neck is at (0, 0), the other joints are missing.

    Returns:
        {split: {name: nose (x, y) in pixels of the annotated size}}.
    """
    noses, random = {}, np.random.default_rng(0)
    for split, people in PEOPLE.items():
        (directory / split).mkdir(parents=True)
        names = [f"{split}{person}_{pose}.png" for person in range(people) for pose in range(POSES)]
        noses[split], lines = {}, ["name:keypoints_y:keypoints_x"]
        for name in names:
            image, nose = _marked(image_size, random)
            image.save(directory / split / name)
            scale = np.array(ANNOTATED[prefix])[::-1] / np.array(image_size)[::-1]
            noses[split][name] = nose * scale
            x, y = (int(value) for value in noses[split][name])
            lines.append(f"{name}: {[y, 0] + [-1] * 16}: {[x, 0] + [-1] * 16}")
        (directory / f"{prefix}-annotation-{split}.csv").write_text("\n".join(lines) + "\n")
        pairs = [f"{a},{b}" for a in names for b in names if a != b and a[:-6] == b[:-6]]
        (directory / f"{prefix}-pairs-{split}.csv").write_text("\n".join(["from,to", *pairs]) + "\n")
    return noses


def _marked(image_size, random):
    height, width = image_size
    pixels = np.full((height, width, 3), random.integers(20, 60, 3), np.uint8)
    x, y = (8 * random.integers(2, size // 8 - 2) for size in (width, height))
    pixels[y - 2 : y + 3, x - 2 : x + 3] = 255
    return Image.fromarray(pixels), np.array([x, y])
