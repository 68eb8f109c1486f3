"""Human3.6M as VideoPose3D's files hold it: detected joints and those of motion capture, in pixels of four cameras.

Each file is an .npz whose `positions_2d` is a pickled dict of subjects, each a dict of actions, each a list of the four cameras'
arrays: (frames, 17, 2) of the truth, (frames, 17, 3) of the detections, whose last column is a score that nobody looks at. The
detections are in the order `COCO_17`, the truth in the order `H36M_17`: of motion capture's 32 joints VideoPose3D keeps those 17
that move. They are read by an unpickler that admits arrays and plain containers alone: a pickle that holds a program is refused.
"""

import sys
from pathlib import Path

import numpy as np

from gfla_tf.data.corrupt_budget import CorruptEntries
from gfla_tf.data.joint_sequences import MotionBank
from gfla_tf.errors import GflaError
from gfla_tf.io.pickles import read_object

TRUTH, DETECTIONS = "data_2d_h36m_gt.npz", "data_2d_h36m_detectron_pt_coco.npz"
HELD_OUT = ("S9", "S11")  # for testing
WIDTH = 1000  # pixels, of all four cameras; their heights are 1002, 1000, 1000 and 1002


def load_human36m(directory, split, max_corrupt=0.0):
    """The `MotionBank` of a split, "train" or "test": a sequence for each camera of each action of its subjects.

    A sequence that is corrupt is left out, which standard error tells.

    Args:
        directory: of the two files.
        split: "train" or "test".
        max_corrupt: share of the sequences that may be corrupt.

    Raises:
        GflaError: a file is missing, damaged or of another structure, the files share no sequence of the split, or more
            sequences are corrupt than may be.
    """
    directory = Path(directory).expanduser()
    truth, detections = (_positions(directory / name) for name in (TRUTH, DETECTIONS))
    pairs = list(shared_sequences(truth, detections, split))
    if not pairs:
        raise GflaError(
            f"{TRUTH} and {DETECTIONS} in {directory} share no sequence for {split}: get both from one source."
        )
    sequences, corrupt = [], CorruptEntries(f"sequences of human36m, {split}", len(pairs), max_corrupt)
    for name, noisy, clean in pairs:
        try:
            sequences.append(_sequence(noisy, clean, f"{directory} has {name}"))
        except GflaError as error:
            corrupt.add(error)
    if corrupt.sentences:
        print(corrupt.told(), file=sys.stderr, flush=True)
    return MotionBank.of(sequences)


def shared_sequences(truth, detections, split):
    """The sequences that both files hold, whose lengths differ by at most 1 percent of the truth's.

    Args:
        truth, detections: {subject: {action: [camera's array]}}.
        split: "test" is subjects 9 and 11, "train" all others.

    Yields:
        "SUBJECT/ACTION/CAMERA", the detections and the truth.
    """
    for subject in sorted(truth.keys() & detections.keys()):
        if (subject in HELD_OUT) != (split == "test"):
            continue
        for action in sorted(truth[subject].keys() & detections[subject].keys()):
            for camera, (clean, noisy) in enumerate(zip(truth[subject][action], detections[subject][action])):
                if abs(len(clean) - len(noisy)) <= 0.01 * len(clean):
                    yield f"{subject}/{action}/{camera}", noisy, clean


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
    for name, positions, columns in ((TRUTH, clean, (2,)), (DETECTIONS, noisy, (2, 3))):
        if (
            positions.ndim != 3
            or positions.shape[1] != 17
            or positions.shape[2] not in columns
            or not len(positions)
        ):
            raise GflaError(
                f"{where} of shape {positions.shape} in {name}, which must be (frames, 17, {columns[-1]}): get VideoPose3D's "
                "file."
            )
        if not np.isfinite(positions).all():
            raise GflaError(f"{where} with a joint that is no number in {name}: get VideoPose3D's file.")
    frames = min(len(noisy), len(clean))
    # The score is dropped: every joint counts as found.
    noisy = np.concatenate([noisy[:frames, :, :2], np.ones((frames, 17, 1), np.float32)], axis=-1)
    return noisy, clean[:frames], WIDTH
