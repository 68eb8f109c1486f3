"""Lets the person or the face of a photo move as another one does, in a video of any length, with a .tflite on LiteRT.

    python -m demo.animate --model dance.tflite --source me.jpg --poses dancer.mp4 --output me_dancing.mp4
    python -m demo.animate --model face.tflite --source me.jpg --points talk_points --output me_talking.gif --side-by-side

Dance and face networks draw each frame from the photo and the frame before, pose networks from the photo alone. The motion is
found in a video, or read from a folder: OpenPose or COCO .json of people, files of 68 points of faces. See docs/animation.md.
"""

import argparse
import functools
from pathlib import Path

import numpy as np
from tqdm import tqdm

from demo.models import load_model
from demo.photos import to_float
from demo.subjects import SUBJECTS, read_subject, subject_of
from demo.tracks import Track
from demo.video import LEAST_SIZE, enlarged, require_format, write_video
from gfla_tf.errors import GflaError, user_errors
from gfla_tf.models.animation import first_state, sequence
from gfla_tf.visualization import labelled_grid, to_uint8

FPS = 25  # of a folder of files


def steps(model, source, structure, structures):
    """The outputs of a dance, face or pose network for one frame after the other.

    Args:
        model: `export.runner.TFLiteModel`.
        source: (1, H, W, 3) float32 in [-1, 1].
        structure: (1, H, W, channels), what the network sees of the source.
        structures: iterable over frames of the same; may be endless.

    Yields:
        {output name: (1, ...)}.
    """
    if "previous_image" in model.inputs:
        yield from sequence(model, first_state(source, structure), structures)
    else:
        for target in structures:
            yield model(source_image=source, source_pose=structure, target_pose=target)


def clips(model, images, structures):
    """All outputs of a network for some clips, each drawn from its first frame.

    Args:
        model: as for `steps`.
        images: (n, 1 + T, H, W, 3) uint8, of which the first of each clip is used.
        structures: iterable over clips of (1 + T, H, W, channels).

    Returns:
        {output name: (n, T, ...)}.
    """
    drawn = []
    for image, (reference, *targets) in zip(images, structures, strict=True):
        outputs = list(steps(model, to_float(image[:1]), reference[None], (one[None] for one in targets)))
        drawn.append({name: np.concatenate([output[name] for output in outputs]) for name in outputs[0]})
    return {name: np.stack([clip[name] for clip in drawn]) for name in drawn[0]}


def animate(model, subject, image, keypoints, targets):
    """The frames that a network draws, one at a time.

    Args:
        model: `export.runner.TFLiteModel` of a dance, face or pose network.
        subject: of the model, see `demo.subjects.subject_of`.
        image: uint8 (H, W, 3), the source, of the model's size.
        keypoints: (n, 3) of the source.
        targets: iterable over frames of keypoints (n, 3); may be endless.

    Yields:
        uint8 (H, W, 3).
    """
    structures = (subject.maps(target, image)[None] for target in targets)
    for outputs in steps(model, to_float(image)[None], subject.maps(keypoints, image)[None], structures):
        yield to_uint8(outputs["generated"][0])


def main(arguments=None):
    """The command line; see `python -m demo.animate --help`."""
    title, _, rest = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m demo.animate",
        description=title,
        epilog=rest.strip("\n"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = functools.partial(parser.add_argument, type=Path)
    add("--model", required=True, help="the .tflite that convert.py wrote")
    add("--source", required=True, help="photo of the person or the face")
    add("--source-pose", "--source-points", help="its .json or .txt; without it, it is detected")
    add(
        "--poses",
        "--points",
        required=True,
        help="the motion: a folder with a file for each frame, or a video",
    )
    add("--output", required=True, help="the .mp4 or .gif to write")
    parser.add_argument("--side-by-side", action="store_true", help="show source and motion beside it")
    parser.add_argument(
        "--fps", type=float, default=FPS, help="frames per second of a folder (default: %(default)s)"
    )
    add("--pose-model", "--face-model", help="MediaPipe's pose_landmarker_full.task or face_landmarker.task")
    options = parser.parse_args(arguments)
    with user_errors():
        print(_run(options))


def _run(options):
    output = require_format(options.output)
    if output.resolve() in (options.source.resolve(), options.poses.resolve()):
        raise GflaError(f"The output would overwrite {output}; give another --output.")
    if not 0.1 <= options.fps <= 1000:
        raise GflaError(f"--fps is {options.fps:g}: it must be between 0.1 and 1000.")
    model = load_model(options.model, *SUBJECTS)
    subject = subject_of(model, options.pose_model)
    image, keypoints = read_subject(subject, options.source, options.source_pose)
    track = Track(subject, options.poses)
    frames = animate(model, subject, image, keypoints, track)
    if options.side_by_side:
        frames = _beside(frames, subject, image, track)
    else:
        frames = map(enlarged, frames)
    # Closed here, whatever happens: what is said next begins on a line of its own.
    with tqdm(frames, "drawing", len(track), unit=" frames", disable=None) as shown:
        count = write_video(output, shown, track.fps or options.fps)
    held = f", {count - track.found} of them without a {subject.what}" if track.found < count else ""
    return f"wrote {output} ({count} frames{held})"


def _beside(frames, subject, image, track):
    """Each frame in a row with the source, the video that is followed, and what the network sees of it."""
    for frame, keypoints, picture in zip(frames, track, track.pictures(), strict=True):
        row = [
            ("source", image),
            ("motion", picture),
            ("structure", subject.picture(keypoints, image)),
            ("generated", frame),
        ]
        row = [(label, shown) for label, shown in row if shown is not None]
        yield labelled_grid([row], cell=max(LEAST_SIZE, image.shape[0]))


if __name__ == "__main__":
    main()
