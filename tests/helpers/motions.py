"""A person who sways and a face that talks: keypoints, files of them, and hand-made networks that they drive."""

import numpy as np

from gfla_tf.keypoints.face_points import write_points
from gfla_tf.keypoints.joint_orders import H36M_17, to_h36m
from gfla_tf.keypoints.pose_files import write_openpose
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.pictures.drawing import write_png
from tests.helpers.tiny_tflite import ANIMATION_SIZE, animation_network, write_tiny_tflite

STANDING = np.array(
    [
        *[(150, 60), (150, 100), (115, 100), (100, 160), (95, 220), (185, 100), (200, 160), (205, 220)],
        *[(130, 230), (128, 310), (125, 390), (170, 230), (172, 310), (175, 390)],
        *[(142, 50), (158, 50), (132, 55), (168, 55)],
    ],
    np.float32,
)
FRAMES = 12


def swaying(k, joints=JOINTS):
    """Keypoints of a standing person who sways and raises a hand; (18, 3) or (17, 3)."""
    pose = np.c_[STANDING, np.ones(18)].astype(np.float32)
    pose[:, 0] += 0.02 * (390 - pose[:, 1]) * np.sin(0.5 * k)
    pose[JOINTS.index("left_wrist"), 1] -= 10 * k
    return pose if joints == JOINTS else to_h36m(pose)


def talking(k):
    """68 points of an oval face whose chin goes down."""
    draw = np.random.default_rng(0)
    points = np.array([120, 140]) + draw.uniform(-60, 60, (68, 2))
    angle = np.linspace(0, np.pi, 17)
    points[:17] = np.stack([120 - 80 * np.cos(angle), 130 + (90 + 4 * k) * np.sin(angle)], 1)
    return points.astype(np.float32)


def tiny_models(folder):
    """{task: path} of a hand-made .tflite of each task that follows somebody."""
    common = {"image_size": list(ANIMATION_SIZE)}
    dance = {"task": "dance", "joints": H36M_17, "heat_map_sigma": 2.0, "limb_sigma": 1.0}
    return {
        "pose": write_tiny_tflite(folder / "pose.tflite", heat_map_sigma=2.0),
        "dance": write_tiny_tflite(folder / "dance.tflite", animation_network(20), **common, **dance),
        "face": write_tiny_tflite(folder / "face.tflite", animation_network(16), **common, task="face"),
    }


def motion_files(tmp_path):
    """Writes a photo with a pose and with points, and folders of their motion; returns the folder."""
    photo = np.random.default_rng(0).integers(0, 256, (45, 30, 3), np.uint8)
    write_png(tmp_path / "me.png", np.kron(photo, np.ones((10, 10, 1), np.uint8)))
    write_openpose(tmp_path / "me.json", swaying(0))
    write_points(tmp_path / "me.txt", talking(0))
    for name in ("dance", "talk"):
        (tmp_path / name).mkdir()
    for k in range(FRAMES):
        write_openpose(tmp_path / "dance" / f"frame_{k}.json", swaying(k))  # 10 comes after 9
        write_points(tmp_path / "talk" / f"{k:03d}.txt", talking(k))
    return tmp_path


def arguments(model, files, *flags, **changed):
    """The command line of `gfla animate` on these files."""
    named = {"model": model, "source": files / "me.png", "source_pose": files / "me.json"}
    named |= {"poses": files / "dance", "output": files / "out" / "film.gif", **changed}
    return [
        *flags,
        *(text for name, value in named.items() for text in (f"--{name.replace('_', '-')}", str(value))),
    ]
