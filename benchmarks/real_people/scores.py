"""What a generated picture of a pair is worth, and how sure that is."""

import cv2
import numpy as np

from gfla_tf.metrics.image import ssim
from gfla_tf.metrics.lpips import Lpips
from gfla_tf.metrics.lpips_weights import lpips_weights_file, read_lpips_weights
from gfla_tf.metrics.pose import pose_consistency

_FACE = (0, 14, 15, 16, 17)  # nose, eyes and ears
_FACE_SIDE = 64  # pixels that LPIPS sees of a face

# Those whose share of copying's says more than their value.
COMPARED = ("l1", "lpips", "face_l1", "face_lpips", "joints")


class Judge:
    """Scores pictures inside the person, pasted on the true background.

    Args:
        detector: `PoseDetector`, which looks for the pose in what was generated.
    """

    def __init__(self, detector):
        self._lpips = Lpips(read_lpips_weights("alexnet", lpips_weights_file("alexnet")))
        self._detector = detector

    def __call__(self, pairs, pictures):
        """{score: (pairs,) float64}, NaN where there is nothing to judge by.

        l1 is the mean absolute difference of [-1, 1]; joints the mean distance of the joints found again, as a share of the
        person's height; found 1 where somebody was found; face_... are those of the square around the joints of the face.

        Args:
            pairs: list of `Pair`.
            pictures: list of (H, W, 3) float32 in [-1, 1].
        """
        truth = np.stack([pair.target.astype(np.float32) / 127.5 - 1 for pair in pairs])
        inside = np.stack([pair.person for pair in pairs])[..., None]
        pasted = np.where(inside, np.clip(np.stack(pictures), -1, 1), truth).astype(np.float32)
        error = np.abs(pasted - truth).mean(-1)
        scores = {
            "l1": np.array([e[pair.person].mean() for e, pair in zip(error, pairs, strict=True)]),
            "lpips": self._lpips(pasted, truth),
            "ssim": np.array([ssim(a[None], b[None]) for a, b in zip(pasted, truth, strict=True)]),
            "ssim on the person": np.array(
                [
                    ssim(a[None], b[None], where[None, ..., 0])
                    for a, b, where in zip(pasted, truth, inside, strict=True)
                ]
            ),
        }
        rows = [self._pose(picture, pair) for picture, pair in zip(pasted, pairs, strict=True)]
        scores["found"], scores["joints"] = np.array(rows).T
        faces = [_face(pair, *both) for pair, *both in zip(pairs, pasted, truth, strict=True)]
        seen = np.array([face is not None for face in faces])
        scores["face_l1"], scores["face_lpips"] = np.full((2, len(pairs)), np.nan)
        if seen.any():
            drawn, wanted = (np.stack([face[k] for face in faces if face is not None]) for k in (0, 1))
            scores["face_l1"][seen] = np.abs(drawn - wanted).mean((1, 2, 3))
            scores["face_lpips"][seen] = self._lpips(drawn, wanted)
        return scores

    def _pose(self, picture, pair):
        levels = np.rint((picture + 1) * 127.5).astype(np.uint8)
        found = self._detector(cv2.resize(levels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
        if found is None:
            return 0.0, np.nan
        found[:, :2] = (found[:, :2] + 0.5) / 2 - 0.5
        rows = np.flatnonzero(pair.person.any(1))
        _, distance = pose_consistency(found, pair.target_keypoints)
        return 1.0, distance / (rows[-1] - rows[0] + 1)


def _face(pair, picture, truth):
    """The squares around the face in a picture and in the truth, or None where the face is not seen."""
    points = pair.target_keypoints[list(_FACE)]
    points = points[points[:, 2] > 0, :2]
    if len(points) < 3:
        return None
    middle, half = points.mean(0), max(0.8 * np.ptp(points, axis=0).max(), 0.04 * len(truth))
    left, top = np.maximum(np.rint(middle - half), 0).astype(int)
    right, bottom = np.rint(middle + half).astype(int)
    squares = [image[top:bottom, left:right] for image in (picture, truth)]
    if min(squares[0].shape[:2]) < 4:
        return None
    return [
        cv2.resize(square, (_FACE_SIDE, _FACE_SIDE), interpolation=cv2.INTER_LINEAR) for square in squares
    ]
