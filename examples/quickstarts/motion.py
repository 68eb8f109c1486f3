"""People in motion, from what a pose detector sees of them to where their joints are."""

import numpy as np

CONFIG = "configs/motion_quickstart.yaml"
BASELINES = {}
UNSEEN = "people in motion never seen in training"
NOTES = (
    "detected: the joints that went in, with missing ones filled in and COCO's turned into Human3.6M's; smoothed: these,",
    "averaged over neighboring frames so as to be as near to the true joints as that can bring them. Errors are mean",
    "distances over all joints; people are about 200 pixels high.",
)
GOALS = {
    "joint_error_of_detected": (0.5, "<=", "joint error / that of the detected joints"),
    "joint_error_of_smoothed": (0.6, "<=", "joint error / that of the smoothed joints"),
}

HELD_OUT_SEED = 1
HELD_OUT = 40
FRAMES = 180
SHOWN = 2
CURVES = ("right_wrist", "left_ankle")
SMOOTHING = (0.5, 1.0, 1.5, 2.0)  # deviations in frames, of which the best is taken


def held_out(run):
    """Sequences of synthetic people: noisy (n, T, 17, 3), clean (n, T, 17, 2) in pixels, width (n,) of their pictures."""
    from gfla_tf.synthetic.people.performed_motion import perform_motion

    sequences = zip(*perform_motion("test", HELD_OUT_SEED, HELD_OUT, FRAMES), strict=True)
    return dict(zip(("noisy", "clean", "width"), map(np.stack, sequences), strict=True))


def generate(model, samples):
    """The joints (n, T, 17, 2) that the network makes of each sequence."""
    from gfla_tf.models.motion_cleaning import clean_motion

    window = model.description["frames"], model.description["receptive_field"]
    cleaned = [
        clean_motion(model, noisy, width, *window) for noisy, width in zip(samples["noisy"], samples["width"])
    ]
    return {"clean": np.stack(cleaned)[..., :2]}


def detected(noisy):
    """The joints (T, 17, 2) of `H36M_17` without the network."""
    from gfla_tf.keypoints.joint_orders import coco_to_h36m
    from gfla_tf.keypoints.sequences import filled

    return coco_to_h36m(filled(noisy))


def joint_error(found, true):
    """Mean distance in pixels."""
    return float(np.linalg.norm(found - true, axis=-1).mean())


def scores(samples, outputs, _):
    """Mean distances from the true joints."""
    true = samples["clean"]
    noisy = np.stack([detected(sequence) for sequence in samples["noisy"]])
    error = {
        "clean": joint_error(outputs["clean"], true),
        "detected": joint_error(noisy, true),
        "smoothed": min(joint_error(_smoothed(noisy, s), true) for s in SMOOTHING),
    }
    return {
        "joint_error_pixels": error,
        "joint_error_of_detected": error["clean"] / error["detected"],
        "joint_error_of_smoothed": error["clean"] / error["smoothed"],
    }


def _smoothed(sequences, deviation):
    """Joints (n, T, 17, 2) averaged over time with Gaussian weights."""
    import cv2

    return np.stack(
        [
            cv2.GaussianBlur(
                points.reshape(len(points), -1), (1, 15), 1, None, deviation, cv2.BORDER_REPLICATE
            )
            for points in sequences
        ]
    ).reshape(sequences.shape)


def picture(samples, outputs, _, title):
    """The ways of two joints through a sequence, and strips of skeletons."""
    from gfla_tf.pictures.skeleton_strips import joint_curves, skeleton_strips, stacked

    pictures = []
    for i in range(SHOWN):
        sequences = {
            "detected": detected(samples["noisy"][i]),
            "cleaned (LiteRT)": outputs["clean"][i],
            "true": samples["clean"][i],
        }
        if i == 0:
            pictures.append(joint_curves(sequences, CURVES))
        pictures.append(skeleton_strips(sequences, cell=150, shown=11, title=None if i else title))
    return stacked(pictures[1:2] + pictures[:1] + pictures[2:])
