"""The first picture: a small pose generator and its ablation, trained, converted, run on LiteRT and judged on unseen people.

`python -m demo.quickstart` writes runs/pose_quickstart/ and result.png in it. People, poses and their true flow are synthetic,
made from a seed; training is the published method's (flow first, then everything), small enough for two cores.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from gfla_tf.errors import GflaError, user_errors

CONFIG = "configs/pose_quickstart.yaml"
# The ablation: the same networks and the same number of steps, without flow and attention.
NO_ATTENTION = ("model.generator.attention=none", "full.correctness=0", "full.regularization=0")
HELD_OUT_SEED = 1
HELD_OUT = 100
SHOWN = 8

# What the result is measured against: name, limit, whether smaller is better.
GOALS = {
    "flow_error_of_zero_flow": (0.45, "<="),
    "person_l1_of_copying": (0.5, "<="),
    "person_l1_of_no_attention": (0.8, "<="),
    "ssim_above_copying": (0.25, ">="),
}


def generate(model, samples):
    """Runs a `TFLiteModel` on each pair; a dict of stacked outputs."""
    from demo.transfer import transfer

    inputs = (samples[name] for name in ("source_image", "source_keypoints", "target_keypoints"))
    results = [transfer(model, *sample) for sample in zip(*inputs, strict=True)]
    return {name: np.stack([result[name] for result in results]) for name in results[0]}


def scores(samples, outputs, ablation):
    """Figures of the held-out pairs, by name."""
    from gfla_tf.metrics.flow import end_point_error, upsample_flow
    from gfla_tf.metrics.image import l1, ssim

    source, target = (
        samples[f"{role}_image"].astype(np.float32) / 127.5 - 1 for role in ("source", "target")
    )
    person, flow, visible = samples["target_person"], samples["flow"], samples["visibility"]
    finest = min((name for name in outputs if name.startswith("flow_")), key=lambda name: int(name[5:]))
    found = end_point_error(upsample_flow(outputs[finest], flow.shape[1:3]), flow, visible)
    zero = end_point_error(np.zeros_like(flow), flow, visible)
    person_l1 = {
        "generated": l1(outputs["generated"], target, person),
        "copied": l1(source, target, person),
        "no attention": l1(ablation["generated"], target, person),
    }
    similarity = {
        "generated": ssim(outputs["generated"], target),
        "copied": ssim(source, target),
        "no attention": ssim(ablation["generated"], target),
    }
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


def report(result):
    """The figures as a table."""
    lines = [f"{'on people never seen in training':34}{'measured':>9}   goal"]
    titles = {
        "flow_error_of_zero_flow": "end-point error / zero flow's",
        "person_l1_of_copying": "L1 on the person / copying's",
        "person_l1_of_no_attention": "L1 on the person / no attention's",
        "ssim_above_copying": "SSIM above copying's",
    }
    for name, (limit, sense) in GOALS.items():
        met = result[name] <= limit if sense == "<=" else result[name] >= limit
        lines.append(f"{titles[name]:34}{result[name]:9.3f}   {sense} {limit:.2f}  {'yes' if met else 'NO'}")
    return "\n".join(lines)


def picture(samples, outputs, ablation, title):
    """A row per person: source, target pose, generated, target, the ablation, flow and mask of the finest level."""
    from gfla_tf.visualization import draw_skeleton, flow_to_color, labelled_grid, mask_to_gray, to_uint8

    levels = sorted(int(name[5:]) for name in outputs if name.startswith("flow_"))
    rows = []
    for i in range(SHOWN):
        blank = np.full_like(samples["target_image"][i], 32)
        rows.append(
            [
                ("source", samples["source_image"][i]),
                ("target pose", draw_skeleton(blank, samples["target_keypoints"][i])),
                ("generated (LiteRT)", to_uint8(outputs["generated"][i])),
                ("target", samples["target_image"][i]),
                ("no attention", to_uint8(ablation["generated"][i])),
                ("true flow", flow_to_color(samples["flow"][i], 16)),
                (f"flow_{levels[0]}", flow_to_color(outputs[f"flow_{levels[0]}"][i], 16 / 2 ** levels[0])),
                (f"mask_{levels[0]}", mask_to_gray(outputs[f"mask_{levels[0]}"][i])),
            ]
        )
    return labelled_grid(rows, cell=192, title=title)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="settings for both trainings, as for train.py"
    )
    parser.add_argument("--runs", default="runs", help="where runs are kept (default: %(default)s)")
    arguments = parser.parse_args()
    with user_errors():
        quickstart(arguments.overrides, Path(arguments.runs))


def quickstart(overrides, runs):
    """Trains, converts, runs and judges; writes everything under `runs`."""
    from export.conversion import convert
    from export.conversion import report as conversion_report
    from export.runner import TFLiteModel
    from export.sources import from_run
    from gfla_tf.data.frame_bank import render_pairs
    from gfla_tf.training.config import load_config
    from gfla_tf.training.runs import Run
    from gfla_tf.visualization import write_png

    started = time.monotonic()
    outputs, directories = [], []
    if not os.path.isfile(CONFIG):
        raise GflaError(f"{CONFIG} is not here: run this from the repository's top folder.")
    config = load_config(CONFIG, overrides)
    ablation = load_config(CONFIG, [*overrides, *NO_ATTENTION, f"name={config.name}_no_attention"])
    for chosen in (config, ablation):
        run = Run(chosen, runs / chosen.name)
        print(f"\n== {run.config.name} ==", flush=True)
        run.train()
        directories.append(run.directory)
    samples = render_pairs(run.generator.image_size, "test", HELD_OUT_SEED, HELD_OUT)
    for directory in directories:
        print(f"\n== converting {directory} ==", flush=True)
        source = from_run(directory)
        written = convert(
            source.generator, directory, source.name, source.heat_map_sigma, source.weights, source.limb_sigma
        )
        print(conversion_report(written))
        outputs.append(generate(TFLiteModel(written[-1].path), samples))
    result = scores(samples, *outputs)
    title = f"People never seen in training, generated by {directories[0].name}.tflite on LiteRT"
    write_png(directories[0] / "result.png", picture(samples, *outputs, title))
    (directories[0] / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    print(f"\n{report(result)}\n")
    print(f"picture: {directories[0] / 'result.png'}   ({(time.monotonic() - started) / 60:.1f} minutes)")


if __name__ == "__main__":
    main()
