"""Pose transfer on photographs: what a pose network makes of a source and a target pose, on LiteRT."""

import functools

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.inference.backgrounds import background_of
from gfla_tf.inference.models import load_model
from gfla_tf.inference.motion import Fit
from gfla_tf.inference.photos import crop_keypoints, to_float
from gfla_tf.inference.retarget import build_of
from gfla_tf.inference.subjects import read_subject, subject_of
from gfla_tf.keypoints.pose_files import read_pose
from gfla_tf.pictures.drawing import (
    draw_skeleton,
    flow_to_color,
    labeled_grid,
    mask_to_gray,
    to_uint8,
    write_png,
)

CELL = 256  # least height of a picture in the overview


def transfer(model, source_image, source_keypoints, target_keypoints):
    """Runs a pose network once.

    Args:
        model: `gfla_tf.litert.runner.TFLiteModel` of a pose network.
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
    """One labeled row: source, its pose, target pose, flow and mask of each level, generated, photo of the pose."""
    row = [
        ("source", source_image),
        ("source pose", draw_skeleton(np.zeros_like(source_image), source_keypoints)),
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
    return labeled_grid([row], cell=max(CELL, source_image.shape[0]))


def transfer_files(
    model, source, pose, output, *, source_pose=None, pose_model=None, retarget="limbs", background="keep"
):
    """Puts the person of one picture file into the pose of another, or of a pose file.

    Args:
        model: path of a pose network's .tflite.
        source: path of the photo of the person.
        pose: path of a photo, or of an OpenPose or COCO .json.
        output: path of the .png that shows everything side by side; the image alone is written beside it.
        source_pose: path of the source's pose as .json; None detects it.
        pose_model: the detector's networks, as for `read_pose_networks`.
        retarget: what becomes of the proportions of the pose, see `gfla_tf.inference.retarget`.
        background: as for `gfla_tf.inference.backgrounds.background_of`.

    Returns:
        the paths of the two pictures that were written.

    Raises:
        GflaError: a file cannot be used, or no person is found.
    """
    if output.suffix.lower() != ".png":
        raise GflaError(f"The output {output} must be a .png.")
    bare = output.with_name(f"{output.stem}_generated.png")
    for path in (source, pose):
        if path.resolve() in (output.resolve(), bare.resolve()):
            raise GflaError(f"The output would overwrite {path}; give another --output.")
    model = load_model(model, "pose")
    person = subject_of(model, pose_model)
    source, source_keypoints = read_subject(person, source, source_pose)
    if pose.suffix.lower() == ".json":
        target, keypoints = None, read_pose(pose)
        target_keypoints = crop_keypoints(keypoints, person.box(keypoints, pose), person.size)
    else:
        target, target_keypoints = read_subject(person, pose)
    if retarget != "none":
        driver = build_of(target_keypoints[None], person.joints)
        target_keypoints = Fit(person.joints, source_keypoints, person.size, retarget)(
            target_keypoints, driver
        )
    behind = background_of(background, model, person, source, source_keypoints, pose_model)
    given = behind.source if behind else source
    outputs = transfer(model, given, source_keypoints, target_keypoints)
    generated = to_uint8(outputs["generated"])
    if behind:
        generated = behind(generated, outputs.get("alpha"), target_keypoints)
    shown = outputs | {"generated": to_float(generated)}
    picture = overview(source, source_keypoints, target_keypoints, shown, target)
    write_png(bare, generated)
    write_png(output, picture)
    return output, bare
