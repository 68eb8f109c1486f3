"""Puts the person of a photo into the pose of another photo or of a pose file, with a .tflite on LiteRT.

    python -m demo.transfer --model model.tflite --source person.jpg --pose dancer.jpg --output out.png

writes out.png, all the network sees and does side by side, and out_generated.png, its image alone.
"""

import argparse
import functools
from pathlib import Path

import numpy as np

from demo.models import load_model
from demo.photos import crop_keypoints, to_float
from demo.pose_files import read_pose
from demo.subjects import read_subject, subject_of
from gfla_tf.errors import GflaError, user_errors
from gfla_tf.visualization import (
    draw_skeleton,
    flow_to_color,
    labelled_grid,
    mask_to_gray,
    to_uint8,
    write_png,
)

CELL = 256  # least height of a picture in the overview


def transfer(model, source_image, source_keypoints, target_keypoints):
    """Runs a pose network once.

    Args:
        model: `export.runner.TFLiteModel` of a pose network.
        source_image: uint8 (H, W, 3) of the model's size.
        source_keypoints, target_keypoints: (18, 3) in pixels of that size.

    Returns:
        the model's outputs without their batch axis: `generated` (H, W, 3) in [-1, 1], and for each attention
        level L `flow_L` (h, w, 2) and `mask_L` (h, w, 1).

    Raises:
        GflaError: the model was made for other joints.
    """
    maps = functools.partial(subject_of(model).maps, image=source_image)
    outputs = model(
        source_image=to_float(source_image)[None],
        source_pose=maps(source_keypoints)[None],
        target_pose=maps(target_keypoints)[None],
    )
    return {name: value[0] for name, value in outputs.items()}


def overview(source_image, source_keypoints, target_keypoints, outputs, target_image=None):
    """One labelled row: source, target pose, flow and mask of each level, generated, photo of the pose."""
    row = [
        ("source", draw_skeleton(source_image, source_keypoints)),
        ("target pose", draw_skeleton(np.zeros_like(source_image), target_keypoints)),
    ]
    # Models without flow, the ablations, have a mask or neither.
    for name in sorted(outputs, key=lambda name: (name[-1], name[0] == "f"), reverse=True):
        if name.startswith("flow_"):
            longest = float(np.hypot(*outputs[name].transpose(2, 0, 1)).max())
            row.append((f"{name}, max {longest:.1f} px", flow_to_color(outputs[name], longest)))
        elif name.startswith("mask_"):
            row.append((name, mask_to_gray(outputs[name])))
    row.append(("generated", to_uint8(outputs["generated"])))
    if target_image is not None:
        row.append(("photo of the target pose", target_image))
    return labelled_grid([row], cell=max(CELL, source_image.shape[0]))


def main(arguments=None):
    """The command line; see `python -m demo.transfer --help`."""
    parser = argparse.ArgumentParser(prog="python -m demo.transfer", description=__doc__.split("\n")[0])
    add = functools.partial(parser.add_argument, type=Path)
    add("--model", required=True, help="the .tflite that convert.py wrote")
    add("--source", required=True, help="photo of the person")
    add("--pose", required=True, help="the pose to take: a photo, or an OpenPose or COCO .json")
    add("--source-pose", help=".json of the source's pose; without it, it is detected")
    add("--output", required=True, help="the .png to write")
    add("--pose-model", help="MediaPipe's pose_landmarker_full.task")
    options = parser.parse_args(arguments)
    with user_errors():
        for path in _run(options):
            print(f"wrote {path}")


def _run(options):
    output = options.output
    if output.suffix.lower() != ".png":
        raise GflaError(f"The output {output} must be a .png.")
    bare = output.with_name(f"{output.stem}_generated.png")
    for path in (options.source, options.pose):
        if path.resolve() in (output.resolve(), bare.resolve()):
            raise GflaError(f"The output would overwrite {path}; give another --output.")
    model = load_model(options.model, "pose")
    person = subject_of(model, options.pose_model)
    source, source_keypoints = read_subject(person, options.source, options.source_pose)
    if options.pose.suffix.lower() == ".json":
        target, keypoints = None, read_pose(options.pose)
        target_keypoints = crop_keypoints(keypoints, person.box(keypoints, options.pose), person.size)
    else:
        target, target_keypoints = read_subject(person, options.pose)
    outputs = transfer(model, source, source_keypoints, target_keypoints)
    picture = overview(source, source_keypoints, target_keypoints, outputs, target)
    write_png(bare, to_uint8(outputs["generated"]))
    write_png(output, picture)
    return output, bare


if __name__ == "__main__":
    main()
