"""People in new poses, and what a network without flow and attention makes of them."""

import numpy as np

CONFIG = "configs/pose_quickstart.yaml"
BASELINES = {
    "no_attention": ("model.generator.attention=none", "full.regularization=0"),
}
UNSEEN = "people never seen in training"
NOTES = (
    "copying's: of the source image as it is; no attention's: of the network without flow and attention, which gets",
    "as many steps of the image stage (it has no flow to pre-train)",
)
GOALS = {
    "flow_error_of_zero_flow": (0.45, "<=", "end-point error / zero flow"),
    "person_l1_of_copying": (0.5, "<=", "L1 on the person / copying"),
    "person_l1_of_no_attention": (0.8, "<=", "L1 on the person / no attention"),
    "ssim_above_copying": (0.25, ">=", "SSIM above copying"),
}

HELD_OUT_SEED = 1
HELD_OUT = 100
SHOWN = 8


def held_out(run):
    """Pairs of synthetic people with their true flow, see `render_pairs`."""
    from gfla_tf.synthetic.people.rendered_pairs import render_pairs

    return render_pairs(run.generator.image_size, "test", HELD_OUT_SEED, HELD_OUT)


def generate(model, samples):
    """What the network gives for each pair, stacked."""
    from gfla_tf.inference.transfer import transfer

    inputs = (samples[name] for name in ("source_image", "source_keypoints", "target_keypoints"))
    results = [transfer(model, *sample) for sample in zip(*inputs, strict=True)]
    return {name: np.stack([result[name] for result in results]) for name in results[0]}


def scores(samples, outputs, baselines):
    """The flow against the true one, and images against the true ones, copying and the network without attention."""
    from gfla_tf.metrics.end_point_error import end_point_error, upsample_flow
    from gfla_tf.metrics.image import l1, ssim

    source, target = (
        samples[f"{role}_image"].astype(np.float32) / 127.5 - 1 for role in ("source", "target")
    )
    person, flow, visible = samples["target_person"], samples["flow"], samples["visibility"]
    finest = min((name for name in outputs if name.startswith("flow_")), key=lambda name: int(name[5:]))
    found = end_point_error(upsample_flow(outputs[finest], flow.shape[1:3]), flow, visible)
    zero = end_point_error(np.zeros_like(flow), flow, visible)
    images = {
        "generated": outputs["generated"],
        "copied": source,
        "no attention": baselines["no_attention"]["generated"],
    }
    person_l1 = {name: l1(image, target, person) for name, image in images.items()}
    similarity = {name: ssim(image, target) for name, image in images.items()}
    return {
        "flow_error_pixels": found,
        "zero_flow_error_pixels": zero,
        "person_l1": person_l1,
        "ssim": similarity,
        "flow_error_of_zero_flow": found / zero,
        "person_l1_of_copying": person_l1["generated"] / person_l1["copied"],
        "person_l1_of_no_attention": person_l1["generated"] / person_l1["no attention"],
        "ssim_above_copying": similarity["generated"] - similarity["copied"],
    }


def picture(samples, outputs, baselines, title):
    """A row per person: source, target pose, generated, target, the ablation, flow and mask of the finest level."""
    from gfla_tf.pictures.drawing import draw_skeleton, flow_to_color, labeled_grid, mask_to_gray, to_uint8

    level = min(int(name[5:]) for name in outputs if name.startswith("flow_"))
    rows = []
    for i in range(SHOWN):
        blank = np.full_like(samples["target_image"][i], 32)
        rows.append(
            [
                ("source", samples["source_image"][i]),
                ("target pose", draw_skeleton(blank, samples["target_keypoints"][i])),
                ("generated (LiteRT)", to_uint8(outputs["generated"][i])),
                ("target", samples["target_image"][i]),
                ("no attention", to_uint8(baselines["no_attention"]["generated"][i])),
                ("true flow", flow_to_color(samples["flow"][i], 16)),
                (f"flow_{level}", flow_to_color(outputs[f"flow_{level}"][i], 16 / 2**level)),
                (f"mask_{level}", mask_to_gray(outputs[f"mask_{level}"][i])),
            ]
        )
    return labeled_grid(rows, cell=192, title=title)
