"""Human3.6M as VideoPose3D's files hold it: detected joints and those of motion capture, in pixels of four cameras.

Each file is an .npz whose `positions_2d` is a pickled dict of subjects, each a dict of actions, each a list of the four cameras'
arrays (frames, 17, 2). The detections are in the order `COCO_17`, the truth in the order `H36M_17`: of motion capture's 32 joints
VideoPose3D keeps those 17 that move. They are read by an
unpickler that admits arrays and plain containers alone: a pickle that holds a program is refused.
"""

import sys
from pathlib import Path

import numpy as np

from gfla_tf.data.corrupt_budget import CorruptEntries
from gfla_tf.data.motion_bank import MotionBank
from gfla_tf.errors import GflaError
from gfla_tf.io.pickles import read_object

TRUTH, DETECTIONS = "data_2d_h36m_gt.npz", "data_2d_h36m_detectron_pt_coco.npz"
SUBJECTS = {"train": ("S1", "S5", "S6", "S7", "S8"), "test": ("S9", "S11")}
WIDTH = 1000  # pixels, of all four cameras; their heights are 1002, 1000, 1000 and 1002


def load_human36m(directory, split, max_corrupt=0.0):
    """The `MotionBank` of a split, "train" or "test": a sequence for each camera of each action of its subjects.

    A detection that goes on after the motion capture has ended is cut there. What only one of the files has is left out, as the
    detections of S11's first Directions, whose video is damaged. So is a sequence that is corrupt, which standard error tells.

    Args:
        directory: of the two files.
        split: "train" or "test".
        max_corrupt: share of the sequences that may be corrupt.

    Raises:
        GflaError: a file is missing, damaged or of another structure, or lacks a subject of the split, or more sequences are
            corrupt than may be.
    """
    directory = Path(directory).expanduser()
    truth, detections = (_positions(directory / name) for name in (TRUTH, DETECTIONS))
    pairs = []
    for subject in SUBJECTS[split]:
        for name, positions in ((TRUTH, truth), (DETECTIONS, detections)):
            if not isinstance(positions.get(subject), dict):
                raise GflaError(f"{directory / name} lacks the subject {subject}: get the whole file.")
        for action in sorted(truth[subject].keys() & detections[subject].keys()):
            cameras = truth[subject][action], detections[subject][action]
            if len(cameras[0]) != len(cameras[1]):
                raise GflaError(
                    f"{directory} has {len(cameras[0])} cameras of {subject}, {action} in {TRUTH} and {len(cameras[1])} in "
                    f"{DETECTIONS}: get both from one source."
                )
            where = f"{directory} has {subject}, {action}"
            pairs += [(noisy, clean, where) for clean, noisy in zip(*cameras, strict=True)]
    if not pairs:
        raise GflaError(f"{TRUTH} and {DETECTIONS} in {directory} share no action: get both from one source.")
    sequences, corrupt = [], CorruptEntries(f"sequences of human36m, {split}", len(pairs), max_corrupt)
    for pair in pairs:
        try:
            sequences.append(_sequence(*pair))
        except GflaError as error:
            corrupt.add(error)
    if corrupt.sentences:
        print(corrupt.told(), file=sys.stderr, flush=True)
    return MotionBank.of(sequences)


def _positions(path):
    """The dict of a file."""
    if not path.is_file():
        raise GflaError(
            f"{path} is missing: data.directory names the folder that holds {TRUTH} and {DETECTIONS}."
        )
    positions = read_object(path, "positions_2d")
    if not isinstance(positions, dict):
        raise GflaError(f"{path} has positions_2d without subjects: get VideoPose3D's file.")
    return positions


def _sequence(noisy, clean, where):
    noisy, clean = (np.asarray(positions, np.float32) for positions in (noisy, clean))
    for name, positions in ((TRUTH, clean), (DETECTIONS, noisy)):
        if positions.ndim != 3 or positions.shape[1:] != (17, 2) or not len(positions):
            raise GflaError(
                f"{where} of shape {positions.shape} in {name}, which must be (frames, 17, 2): get VideoPose3D's file."
            )
        if not np.isfinite(positions).all():
            raise GflaError(f"{where} with a joint that is no number in {name}: get VideoPose3D's file.")
    frames = min(len(noisy), len(clean))
    noisy = np.concatenate([noisy[:frames], np.ones((frames, 17, 1), np.float32)], axis=-1)
    return noisy, clean[:frames], WIDTH
