"""The numbers that Python and the page share: written from Python into web/src/constants.ts, so that they cannot drift.

    python -m gfla_tf.page.constants

writes the file anew; a test compares it with what Python says now.
"""

import json
from pathlib import Path

from gfla_tf.files import write_whole
from gfla_tf.inference import backgrounds, completion, motion, photos, retarget, smoothing
from gfla_tf.inference.detectors import blazepose, pose_detector, pose_points
from gfla_tf.keypoints.poses import JOINTS, LIMBS
from gfla_tf.pictures.drawing import JOINT_COLORS

FILE = Path(__file__).parents[2] / "web" / "src" / "constants.ts"
_HEAD = "/** Made from Python by python -m gfla_tf.page.constants: do not edit. */\n"
# Where any text may be looked up, not only those that are there.
_KINDS = {"JOINTS": "readonly string[]", "MEDIAPIPE_33": "readonly (string | null)[]"}


def constants():
    """{name in TypeScript: value as JSON has it}."""
    return {
        "JOINTS": JOINTS,
        "LIMBS": LIMBS,
        "JOINT_COLORS": JOINT_COLORS,
        "MEDIAPIPE_33": pose_detector.MEDIAPIPE_33,
        "MIN_CONFIDENCE": pose_detector.MIN_CONFIDENCE,
        "BLAZEPOSE": {
            "strides": blazepose.STRIDES,
            "leastScore": blazepose.LEAST_SCORE,
            "leastPresence": blazepose.LEAST_PRESENCE,
            "sameBox": blazepose.SAME_BOX,
            "sameRegion": blazepose.SAME_REGION,
            "margin": blazepose.MARGIN,
            "lookEvery": blazepose.LOOK_EVERY,
            "points": pose_points.POINTS,
            "bodyPoints": pose_points.BODY_POINTS,
            "center": pose_points.CENTER,
            "edge": pose_points.EDGE,
            "reach": pose_points.REACH,
            "sure": pose_points.SURE,
        },
        "BODY": retarget.BODY,
        "RETARGET": {
            "long": retarget.LONG,
            "usual": retarget.USUAL,
            "unequal": retarget.UNEQUAL,
            "stretch": retarget.STRETCH,
            "seen": retarget.SEEN,
            "sizeQuantile": retarget.SIZE_QUANTILE,
        },
        "SMOOTHING": {
            "minCutoff": smoothing.MIN_CUTOFF,
            "beta": smoothing.BETA,
            "speedCutoff": smoothing.SPEED_CUTOFF,
            "mostSpeed": smoothing.MOST_SPEED,
            "hold": smoothing.HOLD,
            "swapped": smoothing.SWAPPED,
            "leastWay": smoothing.LEAST_WAY,
            "patience": smoothing.PATIENCE,
        },
        "MOTION": {"across": motion.ACROSS, "down": motion.DOWN, "calibration": motion.CALIBRATION},
        "COMPLETION": {
            "reach": completion.REACH,
            "coarsest": completion.COARSEST,
            "searched": completion.SEARCHED,
            "rounds": completion.ROUNDS,
            "sharp": completion.SHARP,
            "least": completion.LEAST,
        },
        "BACKGROUND": {
            "sure": backgrounds.SURE,
            "unsure": backgrounds.UNSURE,
            "head": backgrounds.HEAD,
            "inner": backgrounds.INNER,
            "seen": backgrounds.SEEN,
            "around": backgrounds.AROUND,
        },
        "PHOTOS": {"margins": photos.MARGINS, "minJoints": photos.MIN_JOINTS},
    }


def typescript():
    """The text of constants.ts."""
    lines = []
    for name, value in constants().items():
        kind = f": {_KINDS[name]}" if name in _KINDS else ""
        lines.append(f"export const {name}{kind} = {json.dumps(value)} as const;")
    return "\n".join([_HEAD, *lines, ""])


if __name__ == "__main__":
    write_whole(FILE, typescript().encode())
