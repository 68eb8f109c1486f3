"""Checks own dances and faces before any training: every frame's picture, and the pose or the points beside it."""

import numpy as np

from gfla_tf.data.folder import POINTS, POSES, SPLITS
from gfla_tf.data.folder_clips import clean_pose, read_clips
from gfla_tf.errors import GflaError
from gfla_tf.inference.preparation.look import outside, unreadable
from gfla_tf.keypoints.face_points import read_points
from gfla_tf.keypoints.joint_orders import H36M_17
from gfla_tf.keypoints.pose_files import read_pose
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.synthetic.parallel import parallel_map
from gfla_tf.training.config import DataConfig

_ENDINGS = {"folder_dance": POSES, "folder_face": POINTS}
_LACKS = {
    "folder_dance": "pose beside it: write one with gfla poses",
    "folder_face": "file of 68 points beside it: write one with gfla face-points",
}
CHECKED = tuple(_ENDINGS)


def check_clips(name, directory):
    """({what: count}, list of sentences, one for each defect) of a folder of clips; `name` is one of `CHECKED`."""
    counts, defects, jobs = {}, [], []
    for split in SPLITS:
        clips = read_clips(directory, _ENDINGS[name], split)
        counts |= {f"{split} clips": len(clips), f"{split} frames": sum(len(clip.frames) for clip in clips)}
        if not clips:
            defects.append(f"{directory} has no clip for {split}: add one, or another split.csv.")
        jobs += [(name, clip) for clip in clips]
    looked_at = parallel_map(_look_at_clip, jobs, "checking", "clip")
    return counts, defects + [sentence for sentences in looked_at for sentence in sentences]


def _look_at_clip(job):
    name, clip = job
    defects, first = [], None
    for frame in clip.frames:
        sentences, size = unreadable(frame.path)
        defects += sentences
        first = first or size
        if size and size != first:
            defects.append(
                f"{frame.path} is {size[0]} x {size[1]} (height x width), the first of its clip {first[0]} x {first[1]}: put "
                "frames of one size into a folder."
            )
        if frame.keypoints is None:
            defects.append(f"{frame.path} has no {_LACKS[name]}.")
            continue
        for path, read in _beside(name, frame, size):
            try:
                found = read(path)
            except GflaError as error:
                defects.append(str(error))
            else:
                defects += outside(found, size, path) if size else []
    if len(clip.frames) < DataConfig.unroll:
        defects.append(
            f"{clip.name} has {len(clip.frames)} frames, and an update takes {DataConfig.unroll}: add some, or lower data.unroll."
        )
    return defects


def _beside(name, frame, size):
    """(file, function that reads it as (n, 3)) of what belongs to a frame."""
    if name == "folder_face":
        return [(frame.keypoints, _points)]
    files = [(frame.keypoints, JOINTS), (clean_pose(frame), H36M_17)]
    return [
        (path, lambda path, joints=joints: read_pose(path, size, joints))
        for path, joints in files
        if path is not None
    ]


def _points(path):
    points = read_points(path)
    return np.column_stack([points, np.ones(len(points))])
