"""Animation of a photograph by a sequence of poses or of face points, frame by frame, on LiteRT."""

import numpy as np
from tqdm import tqdm

from gfla_tf.errors import GflaError
from gfla_tf.inference.backgrounds import background_of
from gfla_tf.inference.models import load_model
from gfla_tf.inference.motion import FittedMotion, hidden_parts
from gfla_tf.inference.photos import to_float
from gfla_tf.inference.subjects import read_subject, subject_of
from gfla_tf.inference.tracks import Track
from gfla_tf.inference.video_writer import LEAST_SIZE, MOST_FPS, enlarged, require_format, write_video
from gfla_tf.models.animation import first_state, sequence
from gfla_tf.pictures.drawing import labeled_grid, to_uint8

FPS = 25  # of a folder of files


def steps(model, source, structure, structures):
    """The outputs of a dance, face or pose network for one frame after the other.

    Args:
        model: `gfla_tf.litert.runner.TFLiteModel`.
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


def animate(model, subject, image, keypoints, targets, background=None):
    """The frames that a network draws, one at a time.

    Args:
        model: `gfla_tf.litert.runner.TFLiteModel` of a dance, face or pose network.
        subject: of the model, see `gfla_tf.inference.subjects.subject_of`.
        image: uint8 (H, W, 3), the source, of the model's size.
        keypoints: (n, 3) of the source, as `subject.of_source` finds them.
        targets: iterable over frames of keypoints (n, 3); may be endless.
        background: `gfla_tf.inference.backgrounds.Background`; None leaves what the network draws.

    Yields:
        uint8 (H, W, 3).
    """
    target = None

    def structures():
        nonlocal target
        for target in targets:
            yield subject.maps(target, image)[None]

    structure = subject.of_source.maps(keypoints, image)
    source = background.source if background else image
    for outputs in steps(model, to_float(source)[None], structure[None], structures()):
        frame, outline = to_uint8(outputs["generated"][0]), outputs.get("alpha", [None])[0]
        yield background(frame, outline, target) if background else frame


def animate_files(
    model, source, poses, output, *, source_pose=None, pose_model=None, fps=FPS, side_by_side=False,
    retarget="limbs", background="keep", person=None,
):  # fmt: skip
    """Animates the person or the face of a picture file by a film or a folder of pose files; writes a film.

    Args:
        model: path of a dance, face or pose network's .tflite.
        source: path of the photo.
        poses: path of a film, of a folder with a file for each frame, or of one .json for all frames.
        output: path of the .mp4 or .webm, which have the sound of a film that is followed, or .gif.
        source_pose: path of the source's .json or .txt; None detects it.
        pose_model: the detector's networks, as for `read_pose_networks`.
        fps: frames per second, where `poses` is a folder.
        side_by_side: show source and motion beside the generated frames.
        retarget: what becomes of the driver's proportions, see `gfla_tf.inference.retarget`; faces are left as they are.
        background: as for `gfla_tf.inference.backgrounds.background_of`.
        person: whose motion, where there are several people, see `gfla_tf.keypoints.identity.Follower`.

    Returns:
        one sentence that says what was written.

    Raises:
        GflaError: a file cannot be used, or nobody is found.
    """
    output = require_format(output)
    if output.resolve() in (source.resolve(), poses.resolve()):
        raise GflaError(f"The output would overwrite {output}; give another --output.")
    if not 0.1 <= fps <= MOST_FPS:
        raise GflaError(f"--fps is {fps:g}: it must be between 0.1 and {MOST_FPS}.")
    model = load_model(model)
    subject = subject_of(model, pose_model)
    image, keypoints = read_subject(subject.of_source, source, source_pose)
    behind = background_of(background, model, subject.of_source, image, keypoints, pose_model)
    track = Track(subject, poses, person)
    is_person, own = hasattr(subject, "joints"), subject.of_source.as_target(keypoints)
    targets = track
    if is_person and retarget != "none":
        rate = track.fps or fps
        targets = FittedMotion(track.in_film, subject.joints, own, subject.size, retarget, rate)
    frames = animate(model, subject, image, keypoints, targets, behind)
    if side_by_side:
        frames = _beside(frames, subject, image, targets, track.pictures())
    else:
        frames = map(enlarged, frames)
    # Closed here, whatever happens: what is said next begins on a line of its own.
    with tqdm(frames, "drawing", len(track), unit=" frames", disable=None) as shown:
        count = write_video(output, shown, track.fps or fps, sound=poses if track.fps else None)
    held = f", {count - track.found} of them without a {subject.what}" if track.found < count else ""
    hidden = hidden_parts(own, subject.joints) if targets is not track else ""
    hidden = f"; the photo shows no {hidden}, so the film does not either" if hidden else ""
    lost = f"; the {subject.what} was {track.lost}" if track.lost else ""
    return f"wrote {output} ({count} frames{held}{lost}){hidden}"


def _beside(frames, subject, image, targets, pictures):
    """Each frame in a row with the source, the video that is followed, and what the network sees of it."""
    for frame, keypoints, picture in zip(frames, targets, pictures, strict=True):
        row = [
            ("source", image),
            ("motion", picture),
            ("structure", subject.picture(keypoints, image)),
            ("generated", frame),
        ]
        row = [(label, shown) for label, shown in row if shown is not None]
        yield labeled_grid([row], cell=max(LEAST_SIZE, image.shape[0]))
