"""Cars from all sides out of one picture, and what warping its pixels alone makes of it."""

import numpy as np

CONFIG = "configs/view_quickstart.yaml"
BASELINES = {
    "appearance_flow": (
        "model.generator.attention=appearance_flow",
        "model.generator.attention_kernels={2: 3, 1: 3, 0: 3}",
    ),
}
UNSEEN = "cars never seen in training, from all 18 azimuths"
NOTES = (
    "copying: the source image as it is. Appearance flow: the same flow estimator, grown to full resolution, warps the",
    "source's pixels, and nothing is drawn; it is trained for as many steps.",
)
GOALS = {
    "flow_error_of_zero_flow": (0.5, "<=", "end-point error / zero flow"),
    "l1_of_copying": (0.6, "<=", "L1 / copying"),
    "l1_of_appearance_flow": (0.9, "<=", "L1 / appearance flow"),
    "ssim_above_copying": (0.1, ">=", "SSIM above copying"),
}

HELD_OUT_SEED = 1
HELD_OUT = 24  # objects
SHOWN = 6
COLUMNS = (1, 4, 7, 10, 13, 16)  # azimuths in the picture, by their numbers


def held_out(run):
    """Of each held-out object a view from anywhere as the source, and its views from all azimuths at that elevation as targets.

    Returns:
        dict of what `SyntheticObjects.pair` gives, stacked: objects one behind the other, 18 azimuths of each.
    """
    from gfla_tf.synthetic.parallel import parallel_map

    kind, size = run.config.data.dataset.removeprefix("synthetic_"), run.generator.image_size
    rendered = parallel_map(
        _render, [(kind, size, i) for i in range(HELD_OUT)], f"rendering {kind}", "object"
    )
    return {name: np.concatenate([one[name] for one in rendered]) for name in rendered[0]}


def _render(arguments):
    from gfla_tf.keypoints.views import AZIMUTHS
    from gfla_tf.synthetic.objects import SyntheticObjects
    from gfla_tf.synthetic.objects.rendered_views import views_of

    kind, size, identity = arguments
    objects = SyntheticObjects(kind, size, "test", HELD_OUT_SEED)
    source = views_of(HELD_OUT_SEED, identity, 1)[0]
    pairs = [objects.pair(identity, source, (azimuth, source[1])) for azimuth in range(len(AZIMUTHS))]
    return {name: np.stack([pair[name] for pair in pairs]) for name in pairs[0]}


def generate(model, samples):
    """What the network gives for each pair, stacked."""
    from gfla_tf.litert.runner import each_sample

    image = samples["source_image"].astype(np.float32) / 127.5 - 1
    return each_sample(model)(
        source_image=image, source_view=samples["source_view"], target_view=samples["target_view"]
    )


def scores(samples, outputs, baselines):
    """The flow against the true one, and images against the true ones, copying and appearance flow.

    Targets from where the source was taken are left out: copying them is right.
    """
    from gfla_tf.metrics.end_point_error import end_point_error, upsample_flow
    from gfla_tf.metrics.image import l1, ssim

    other = (samples["source_view"] != samples["target_view"]).any(axis=1)
    source, target = (
        samples[f"{role}_image"][other].astype(np.float32) / 127.5 - 1 for role in ("source", "target")
    )
    mask, flow, visible = (samples[name][other] for name in ("target_mask", "flow", "visibility"))
    finest = min((name for name in outputs if name.startswith("flow_")), key=lambda name: int(name[5:]))
    found = end_point_error(upsample_flow(outputs[finest][other], flow.shape[1:3]), flow, visible)
    zero = end_point_error(np.zeros_like(flow), flow, visible)
    images = {"generated": outputs["generated"][other], "copied": source}
    images |= {name.replace("_", " "): baseline["generated"][other] for name, baseline in baselines.items()}
    error = {name: l1(image, target) for name, image in images.items()}
    similarity = {name: ssim(image, target) for name, image in images.items()}
    return {
        "flow_error_pixels": found,
        "zero_flow_error_pixels": zero,
        "l1": error,
        "object_l1": {name: l1(image, target, mask) for name, image in images.items()},
        "ssim": similarity,
        "flow_error_of_zero_flow": found / zero,
        "l1_of_copying": error["generated"] / error["copied"],
        "l1_of_appearance_flow": error["generated"] / error["appearance flow"],
        "ssim_above_copying": similarity["generated"] - similarity["copied"],
        "ssim_above_appearance_flow": similarity["generated"] - similarity["appearance flow"],
    }


def picture(samples, outputs, baselines, title):
    """Views around some objects side by side, and a turn around them: one picture, and frames."""
    shown = _by_object(samples, outputs, baselines)
    return _side_by_side(shown, title), [frame for frame in _turn(shown, title) for _ in range(2)]


def _side_by_side(shown, title):
    """Three rows an object: generated, by appearance flow, true; the source stands in front."""
    from gfla_tf.keypoints.views import AZIMUTHS
    from gfla_tf.pictures.drawing import labeled_grid, to_uint8

    rows = []
    for i in range(SHOWN):
        blank = np.full_like(shown["source"][i, 0], 255)
        for kind in ("generated", "appearance flow", "true"):
            first = ("source", shown["source"][i, 0]) if kind == "generated" else ("", blank)
            views = [(f"{kind}, {AZIMUTHS[n]}", to_uint8(shown[kind][i, n])) for n in COLUMNS]
            rows.append([first, *views])
    return labeled_grid(rows, cell=96, title=title)


def _turn(shown, title):
    """For each azimuth, a row per object of source, generated, appearance flow and true view."""
    from gfla_tf.keypoints.views import AZIMUTHS
    from gfla_tf.pictures.drawing import labeled_grid, to_uint8

    kinds = ("source", "generated", "appearance flow", "true")
    return [
        labeled_grid(
            [[(kind, to_uint8(shown[kind][i, n])) for kind in kinds] for i in range(SHOWN)],
            cell=128,
            title=title,
        )
        for n in range(len(AZIMUTHS))
    ]


def _by_object(samples, outputs, baselines):
    """{kind of picture: (objects, 18, H, W, 3)}."""
    from gfla_tf.keypoints.views import AZIMUTHS

    images = {
        "source": samples["source_image"],
        "generated": outputs["generated"],
        "appearance flow": baselines["appearance_flow"]["generated"],
        "true": samples["target_image"],
    }
    return {name: x.reshape(-1, len(AZIMUTHS), *x.shape[1:]) for name, x in images.items()}
