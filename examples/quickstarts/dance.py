"""People in motion: each frame is drawn from one reference picture, the frame drawn before and a skeleton."""

import numpy as np

CONFIG = "configs/dance_quickstart.yaml"
BASELINES = {"frame_by_frame": ("model.preset=dance_framewise",)}
UNSEEN = "people never seen in training"
NOTES = (
    "repeating: the reference picture for every frame; frame by frame: a network of the same parts and as many steps, which",
    "draws every frame from the reference alone. Warping error: of each frame against the one before, moved by the true flow.",
)
GOALS = {
    "ssim_above_frame_by_frame": (0.0, ">=", "SSIM above frame by frame"),
    "warping_error_of_frame_by_frame": (1.0, "<=", "warping error / frame by frame"),
    "ssim_above_repeating": (0.1, ">=", "SSIM above repeating"),
    "person_l1_of_repeating": (0.7, "<=", "L1 on the person / repeating"),
    "flow_error_of_zero_flow": (0.5, "<=", "end-point error to the reference / zero flow"),
}

HELD_OUT_SEED = 1
HELD_OUT = 24
FRAMES = 30
SHOWN = 4


def held_out(run):
    """Clips of synthetic people: images (n, 1 + T, H, W, 3) uint8 and keypoints, the reference first, persons and true flows."""
    from gfla_tf.synthetic.people.rendered_clips import render_clips

    noise = run.config.data.pose_noise
    bank = render_clips(run.generator.image_size, "test", HELD_OUT_SEED, HELD_OUT, FRAMES, noise)
    names = {"image": "images", "structure": "keypoints", "person": "persons"}
    return {**{names[name]: value for name, value in bank.frames.items()}, **bank.targets}


def generate(model, samples):
    """What the network gives for the frames of each clip, (n, T, ...)."""
    from gfla_tf.inference.animation import clips
    from gfla_tf.keypoints.dance_structure import dance_maps

    size = samples["images"].shape[2:4]
    sigmas = [model.description[f"{of}_sigma"] for of in ("heat_map", "limb")]
    return clips(
        model, samples["images"], (dance_maps(points, size, *sigmas) for points in samples["keypoints"])
    )


def scores(samples, outputs, baselines):
    """Frames and flows against the true ones, beside those of the network without memory, and the flicker of both."""
    from gfla_tf.inference.photos import to_float
    from gfla_tf.metrics.end_point_error import end_point_error, upsample_flow
    from gfla_tf.metrics.image import l1, ssim
    from gfla_tf.metrics.temporal import warping_error

    images = to_float(samples["images"])
    target, person = images[:, 1:], _flat(samples["persons"][:, 1:])
    videos = {
        "generated": outputs["generated"],
        "frame by frame": baselines["frame_by_frame"]["generated"],
        "repeating": np.broadcast_to(images[:, :1], target.shape),
        "true": target,
    }
    person_l1 = {name: l1(_flat(video), _flat(target), person) for name, video in videos.items()}
    similarity = {name: ssim(_flat(video), _flat(target)) for name, video in videos.items()}
    flow, visible = samples["flow_previous"], samples["visibility_previous"]
    flicker = {
        name: float(np.mean([warping_error(*clip) for clip in zip(video, flow, visible, strict=True)]))
        for name, video in videos.items()
    }
    errors = {}
    for source in ("reference", "previous"):
        flow, visible = (_flat(samples[f"{kind}_{source}"]) for kind in ("flow", "visibility"))
        level = min(int(name.rpartition("_")[2]) for name in outputs if name.startswith("flow_"))
        found = upsample_flow(_flat(outputs[f"flow_{source}_{level}"]), flow.shape[1:3])
        errors[f"{source}_flow_error_pixels"] = end_point_error(found, flow, visible)
        errors[f"{source}_zero_flow_error_pixels"] = end_point_error(np.zeros_like(found), flow, visible)
    return {
        **errors,
        "person_l1": person_l1,
        "ssim": similarity,
        "warping_error": flicker,
        "ssim_above_frame_by_frame": similarity["generated"] - similarity["frame by frame"],
        "warping_error_of_frame_by_frame": flicker["generated"] / flicker["frame by frame"],
        "ssim_above_repeating": similarity["generated"] - similarity["repeating"],
        "person_l1_of_repeating": person_l1["generated"] / person_l1["repeating"],
        "flow_error_of_zero_flow": errors["reference_flow_error_pixels"]
        / errors["reference_zero_flow_error_pixels"],
    }


def picture(samples, outputs, baselines, title):
    """The frames of a film: for each of some clips the reference, the structure, both networks' frames, and the target."""
    from gfla_tf.keypoints.dance_structure import dance_maps, skeleton_picture
    from gfla_tf.pictures.drawing import labeled_grid, to_uint8

    size, frames = samples["images"].shape[2:4], []
    for k in range(outputs["generated"].shape[1]):
        rows = [
            [
                ("reference", samples["images"][i, 0]),
                (
                    "structure",
                    skeleton_picture(dance_maps(samples["keypoints"][i, k + 1], size, limb_sigma=0.7)),
                ),
                ("generated (LiteRT)", to_uint8(outputs["generated"][i, k])),
                ("target", samples["images"][i, k + 1]),
                ("frame by frame", to_uint8(baselines["frame_by_frame"]["generated"][i, k])),
            ]
            for i in range(SHOWN)
        ]
        frames.append(labeled_grid(rows, cell=160, title=title))
    return frames


def _flat(frames):
    return frames.reshape(-1, *frames.shape[2:])
