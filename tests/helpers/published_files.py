"""What a user of the published instructions has on disk, in miniature, in exactly their folders, names and formats."""

import json

import h5py
import numpy as np
from PIL import Image

SPLITS = ("train", "test")


def picture(random, height, width):
    return Image.fromarray(random.integers(0, 255, (height, width, 3), np.uint8))


def pose_pairs(root, name, size, annotated):
    """dataset/fashion or dataset/market: images beside four lists, which are spelled "fasion-" for the former."""
    random, folder = np.random.default_rng(0), root / name
    prefix = {"fashion": "fasion", "market": "market"}[name]
    for split in SPLITS:
        (folder / split).mkdir(parents=True)
        names = [f"{split}id{person:04}_{view}.jpg" for person in range(2) for view in ("1front", "2side")]
        lines = ["name:keypoints_y:keypoints_x"]
        for file in names:
            picture(random, *size).save(folder / split / file)
            y, x = (random.integers(1, extent, 18).tolist() for extent in annotated)
            x[4] = y[4] = -1
            lines.append(f"{file}: {y}: {x}")
        (folder / f"{prefix}-annotation-{split}.csv").write_text("\n".join(lines) + "\n")
        pairs = [f"{a},{b}" for a in names for b in names if a != b and a[:-11] == b[:-11]]
        (folder / f"{prefix}-pairs-{split}.csv").write_text("\n".join(["from,to", *pairs]) + "\n")
    return folder


def openpose(path, joints):
    path.write_text(
        json.dumps({"people": [{"pose_keypoints_2d": [float(x) for x in np.ravel(joints)]}], "version": 1.2})
    )


def dance(root, name, frames=7, size=(64, 64)):
    """dataset/danceFashion or dataset/iPER, their folders called train_... in the test folder, too; iPER's masks for training."""
    random, folder = np.random.default_rng(1), root / name
    for split in SPLITS:
        for video in ("91-3003CN5S", "A1a"):
            folders = {
                kind: folder / f"{split}_256" / f"train_{kind}" / video
                for kind in (
                    "A",
                    "alphapose",
                    "video2d",
                    *(["C"] if (name, split) == ("iPER", "train") else []),
                )
            }
            for path in folders.values():
                path.mkdir(parents=True)
            for frame in range(frames):
                picture(random, *size).save(folders["A"] / f"{frame:05}.png")
                for kind, joints in (("alphapose", 18), ("video2d", 17)):
                    found = np.column_stack([random.uniform(5, size[0] - 5, (joints, 2)), np.ones(joints)])
                    if kind == "alphapose":
                        found[3] = 0
                    openpose(folders[kind] / f"{frame:05}_keypoints.json", found)
                if "C" in folders:
                    mask = np.zeros(size, np.uint8)
                    mask[10:50, 20:40] = 255
                    Image.fromarray(mask).save(folders["C"] / f"{frame:05}.png")
    return folder


def face_points(center, radius):
    """68 points of a face, whole numbers: an oval jaw, and the parts of a face within it."""
    angles = np.linspace(0, np.pi, 17)
    jaw = np.column_stack([-np.cos(angles), np.sin(angles)])

    def arc(x, y, width, height, count, closed=False):
        turn = np.linspace(0, 2 * np.pi * (1 - 1 / count), count) if closed else np.linspace(np.pi, 0, count)
        return np.column_stack([x - width * np.cos(turn), y - height * np.sin(turn)])

    parts = [jaw, arc(-0.45, -0.35, 0.25, 0.1, 5), arc(0.45, -0.35, 0.25, 0.1, 5)]
    parts += [np.column_stack([np.zeros(4), np.linspace(-0.2, 0.2, 4)]), arc(0, 0.3, 0.2, -0.05, 5)]
    parts += [arc(x, -0.15, 0.15, 0.08, 6, True) for x in (-0.45, 0.45)]
    parts += [arc(0, 0.6, 0.35, 0.15, 12, True), arc(0, 0.6, 0.2, 0.06, 8, True)]
    return np.rint(center + radius * np.concatenate(parts)).astype(int)


def faces(root, plural=True, frames=7, size=80):
    """dataset/FaceForensics: SPLIT_data/VIDEO/*.png and SPLIT_keypoints/VIDEO/*.txt; the script writes SPLIT_keypoint."""
    random, folder = np.random.default_rng(2), root / "FaceForensics"
    for split in SPLITS:
        for video in ("000", "001"):
            points = folder / f"{split}_keypoint{'s' * plural}" / video
            pictures = folder / f"{split}_data" / video
            points.mkdir(parents=True)
            pictures.mkdir(parents=True)
            for frame in range(frames):
                picture(random, size, size).save(pictures / f"{frame:05}.png")
                found = face_points((size / 2 + frame, size / 2), size / 3)
                (points / f"{frame:05}.txt").write_text("".join(f"{x},{y}\n" for x, y in found))
    return folder


def views(root):
    """dataset/ShapeNet, with both categories, and the names of the test's sources."""
    random, folder = np.random.default_rng(3), root / "ShapeNet"
    folder.mkdir(parents=True)
    for category in ("car", "chair"):
        with h5py.File(folder / f"data_{category}.hdf5", "w") as file:
            for model in ("1a2b", "3c_4d"):
                for azimuth in range(0, 36, 2):
                    for elevation in (0, 10, 20):
                        group = file.create_group(f"{model}_{azimuth}_{elevation}")
                        group["image"] = random.integers(0, 255, (32, 32, 3), np.uint8)
                        group["pose"] = np.array([azimuth, elevation])
            names = list(file)
        (folder / f"id_{category}_train.txt").write_text("\n".join(names[:54]) + "\n")
        (folder / f"id_{category}_test.txt").write_text("\n".join(names[54:]) + "\n")
        (folder / f"name_{category}_test.txt").write_text("3c_4d\n")
    return folder


def motion(root, frames=40):
    """dataset/human36m: two archives of pickled dicts; the detections have a third column, their score."""
    random, folder = np.random.default_rng(4), root / "human36m"
    folder.mkdir(parents=True)
    for name, columns in (("data_2d_h36m_gt.npz", 2), ("data_2d_h36m_detectron_pt_coco.npz", 3)):
        positions = {
            subject: {"Walking": [random.uniform(0, 1000, (frames, 17, columns)).astype(np.float32)] * 4}
            for subject in ("S1", "S5", "S9")
        }
        np.savez_compressed(folder / name, positions_2d=positions, metadata={"num_joints": 17})
    return folder
