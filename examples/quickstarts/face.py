"""Faces that turn and talk: each is drawn from one reference picture and the drawings of the frames."""

import numpy as np

CONFIG = "configs/face_quickstart.yaml"
BASELINES = {}
UNSEEN = "faces never seen in training"
NOTES = ("repeating: the reference picture for every frame",)
GOALS = {
    "ssim_above_repeating": (0.1, ">=", "SSIM above repeating"),
    "l1_of_repeating": (0.6, "<=", "L1 / repeating"),
}

HELD_OUT_SEED = 1
HELD_OUT = 24
FRAMES = 30
SHOWN = 4


def held_out(run):
    """Clips of synthetic faces: `images` (n, 1 + T, H, W, 3) uint8, the reference first, and their `structures`."""
    from gfla_tf.keypoints.face_structure import SCALE
    from gfla_tf.synthetic.faces.talking_clips import render_clips

    frames = render_clips(run.generator.image_size, "test", HELD_OUT_SEED, HELD_OUT, FRAMES).frames
    return {"images": frames["image"], "structures": frames["structure"] * SCALE}


def generate(model, samples):
    """What the network gives for the frames of each clip, (n, T, ...), each from the reference and the one drawn before it."""
    from gfla_tf.inference.animation import clips

    return clips(model, samples["images"], samples["structures"])


def scores(samples, outputs, _):
    """Frames against the true ones, beside those of repeating the reference."""
    from gfla_tf.inference.photos import to_float
    from gfla_tf.metrics.image import l1, ssim

    images = to_float(samples["images"])
    target = _flat(images[:, 1:])
    guesses = {
        "generated": _flat(outputs["generated"]),
        "repeating": np.repeat(images[:, 0], images.shape[1] - 1, axis=0),
    }
    error = {name: l1(guess, target) for name, guess in guesses.items()}
    similarity = {name: ssim(guess, target) for name, guess in guesses.items()}
    return {
        "l1": error,
        "ssim": similarity,
        "ssim_above_repeating": similarity["generated"] - similarity["repeating"],
        "l1_of_repeating": error["generated"] / error["repeating"],
    }


def picture(samples, outputs, _, title):
    """The frames of a film: for each of some clips the reference, the drawing, what was generated, and the target."""
    from gfla_tf.keypoints.face_structure import structure_picture
    from gfla_tf.pictures.drawing import labeled_grid, to_uint8

    frames = []
    for k in range(outputs["generated"].shape[1]):
        rows = [
            [
                ("reference", samples["images"][i, 0]),
                ("drawing", structure_picture(samples["structures"][i, k + 1])),
                ("generated (LiteRT)", to_uint8(outputs["generated"][i, k])),
                ("target", samples["images"][i, k + 1]),
            ]
            for i in range(SHOWN)
        ]
        frames.append(labeled_grid(rows, cell=160, title=title))
    return frames


def _flat(frames):
    return frames.reshape(-1, *frames.shape[2:])
