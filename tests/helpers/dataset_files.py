"""Public datasets in miniature: the files that a user would put in place, in exactly their formats."""

import json

import h5py
import numpy as np
from PIL import Image

ANNOTATED = {"fasion": (256, 176), "market": (128, 64)}  # (height, width)
PEOPLE, POSES = {"train": 3, "test": 2}, 3
VIDEOS = {"train": {"v2": 13, "v10": 9, "v11": 8}, "test": {"v1": 8, "v3": 9, "v4": 10}}  # frames
FRAME_SIZE = (32, 48)  # (height, width)


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


def write_videos(directory, **kinds):
    """Videos as folders of frames and of a file per frame for each kind, all in files that are numbered, from 1.

    The pixels of frame f of the v-th video of a split are (20 v, 10 f, 100), and its other files are what `kinds` say.

    Args:
        kinds: {name of the folder: function(path without ending, v, f) that writes a file}.
    """
    for split, videos in VIDEOS.items():
        for v, (video, count) in enumerate(videos.items()):
            for folder in ("frames", *kinds):
                (directory / split / folder / video).mkdir(parents=True)
            for f in range(count):
                color = np.full((*FRAME_SIZE, 3), (20 * v, 10 * f, 100), np.uint8)
                Image.fromarray(color).save(directory / split / "frames" / video / f"{f + 1}.png")
                for folder, write in kinds.items():
                    write(directory / split / folder / video / f"frame{f + 1}", v, f)


def write_people(path, *people):
    """OpenPose JSON of people, each a list of (x, y, confidence)."""
    people = [
        {"pose_keypoints_2d": [float(value) for joint in person for value in joint]} for person in people
    ]
    path.with_name(f"{path.name}_keypoints.json").write_text(json.dumps({"version": 1.3, "people": people}))


def write_clean(path, v, f):
    """15 joints at (24, f), one at (30, f), and one that is missing."""
    write_people(path, [(24, f, 0.9)] * 15 + [(30, f, 0.9), (0, 0, 0)])


def write_noisy(path, v, f):
    """The neck at (36, 2 f) and 17 joints at (12, 2 f) with another person behind, and in the first frame nobody."""
    person = [(36 if joint == 1 else 12, 2 * f, 0.8) for joint in range(18)]
    write_people(path, *([person, [(5, 5, 0.9)] * 18] if f else []))


def write_mask(path, v, f):
    """The upper half of the frame shows the person."""
    mask = np.zeros(FRAME_SIZE, np.uint8)
    mask[: FRAME_SIZE[0] // 2] = 255
    Image.fromarray(mask).save(path.with_suffix(".png"))


def write_face_points(path, v, f):
    """68 points around the middle of the frame."""
    angles = 0.09 * np.arange(68) + 0.1 * f
    lines = [f"{24 + 9 * np.cos(a):.3f},{16 - 9 * np.sin(a):.3f}" for a in angles]
    path.with_suffix(".txt").write_text("\n".join(lines) + "\n")


def write_dance(directory):
    """The files of FashionVideo."""
    write_videos(directory, clean=write_clean, noisy=write_noisy)


def write_iper(directory):
    """The files of iPER."""
    write_videos(directory, clean=write_clean, noisy=write_noisy, masks=write_mask)


def write_faces(directory):
    """The files of FaceForensics."""
    write_videos(directory, points=write_face_points)


def write_shapenet(directory, size=16):
    """Views of a few cars: the pixels of a view are (10 object, 10 azimuth number, 100 + elevation)."""
    directory.mkdir(parents=True, exist_ok=True)
    with h5py.File(directory / "data_car.hdf5", "w") as file:
        for split, models in (("train", ("a1", "b_2")), ("test", ("c3",))):
            names = []
            for model in models:
                for azimuth in range(0, 36, 2):
                    for elevation in (0, 10, 20):
                        names.append(f"{model}_{azimuth}_{elevation}")
                        group = file.create_group(names[-1])
                        color = (10 * "abc".index(model[0]), 5 * azimuth, 100 + elevation)
                        group["image"] = np.full((size, size, 3), color, np.uint8)
                        group["pose"] = np.array([azimuth, elevation])
            (directory / f"id_car_{split}.txt").write_text("\n".join(names) + "\n")
