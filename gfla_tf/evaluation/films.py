"""How much a generated film flickers: each frame beside the one before it, carried on by the motion of the true film."""

import cv2
import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.evaluation.pictures import at_size, read_picture
from gfla_tf.metrics.temporal import warp

SMALLEST = 16  # pixels a side, of which the optical flow needs a few
_RETURN = 1.0  # pixels by which the flow there and back may miss the place that it came from


def film_scores(pairs, protocol):
    """The warping error of each frame but the first, of values in [0, 1], where the motion is known.

    Nobody knows the true motion of a real film: it is estimated in the true frames by OpenCV's DIS (Kroeger et al., 2016), and
    counts where the flow back returns. That of the true film itself, `true_warping_error`, is what light and noise leave.

    Args:
        pairs: list of `gfla_tf.evaluation.pictures.Pair`, in the order of time.
        protocol: `Protocol`.

    Returns:
        list of {name: number}, one for each pair.

    Raises:
        GflaError: there are fewer than two frames, or they are of several sizes or too small.
    """
    if len(pairs) < 2:
        raise GflaError("A film of one frame has no warping error: give more frames, or leave out --film.")
    size, rows, before = protocol.size or read_picture(pairs[0].truth).shape[:2], [], None
    if min(size) < SMALLEST:
        raise GflaError(
            f"Frames of {size[0]} x {size[1]} are too small for --film: it takes {SMALLEST} pixels a side."
        )
    estimator = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    for pair in pairs:
        now = [at_size(read_picture(path), size, protocol.resize) for path in (pair.generated, pair.truth)]
        if before is not None:
            rows.append(_errors(now, before, estimator))
        else:
            rows.append({})
        before = now
    return rows


def motion(now, before, estimator):
    """The flow from a frame to the one before, (H, W, 2) in pixels, and where it is known, (H, W) bool.

    Args:
        now, before: uint8 (H, W, 3).
        estimator: OpenCV's `DISOpticalFlow`.
    """
    gray = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (now, before)]
    flow, back = estimator.calc(*gray, None), estimator.calc(*gray[::-1], None)
    return flow, np.linalg.norm(flow + warp(back, flow), axis=-1) < _RETURN


def _errors(now, before, estimator):
    flow, known = motion(now[1], before[1], estimator)
    if not known.any():
        return {}
    return {
        name: float(np.abs(frame / 255 - warp(earlier, flow) / 255)[known].mean())
        for name, frame, earlier in zip(("warping_error", "true_warping_error"), now, before, strict=True)
    }
