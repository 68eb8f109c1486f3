"""One photo in a few poses, and dancing: what the network of the package makes of it, in seconds."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from gfla_tf.inference.animation import animate
from gfla_tf.inference.backgrounds import background_of
from gfla_tf.inference.detectors.network_files import read_pose_networks
from gfla_tf.inference.models import load_model
from gfla_tf.inference.motion import FittedMotion
from gfla_tf.inference.motion_clips import clip_keypoints
from gfla_tf.inference.sample_photo import fetch_photo, read_photo
from gfla_tf.inference.subjects import read_subject, subject_of
from gfla_tf.inference.video_writer import require_format, write_video
from gfla_tf.pictures.drawing import labeled_grid, write_png
from gfla_tf.synthetic.bodies import assets

FPS = 15
# Clips, the second at which each is looked at, and the radians by which its dancer is turned.
POSES = (
    ("fashion-3", 1.6, 0.0),
    ("dance", 1.7, 0.3),
    ("clap", 2.0, -0.4),
    ("fashion", 1.4, 0.0),
    ("wave", 1.2, 0.2),
)
DANCE = "dance"


def demonstrate(output, photo=None, model=None, pose_model=None):
    """Writes poses.png, the person of a photo in new poses, and dance.mp4, the same person dancing.

    Args:
        output: folder to write to; made if missing.
        photo: path of a picture of one whole person; None takes one of a real man, which is fetched once and
            written beside the results as photo.png.
        model: path of a pose network's .tflite; None takes that of the package.
        pose_model: the detector's networks, as for `read_pose_networks`.

    Returns:
        the paths of the picture and of the film.

    Raises:
        GflaError: the photo shows nobody, or something cannot be fetched or written.
    """
    picture, film = Path(output) / "poses.png", require_format(Path(output) / "dance.mp4")
    _fetch_together(
        [lambda: read_pose_networks(pose_model), _fetch_motions, *([] if photo else [fetch_photo])]
    )
    model = load_model(model, "pose")
    subject = subject_of(model, pose_model)
    if photo is None:
        photo = Path(output) / "photo.png"
        write_png(photo, read_photo())
    image, keypoints = read_subject(subject, photo)

    behind = background_of("keep", model, subject, image, keypoints, pose_model)

    def danced(targets):
        """Pairs of a target pose's picture and the frame that is drawn of it."""
        for target, frame in zip(targets, animate(model, subject, image, keypoints, targets, behind)):
            yield subject.picture(target, image), frame

    def fitted(name, view=0.0):
        frames = clip_keypoints(name, FPS, view)
        return list(FittedMotion(lambda: iter(frames), subject.joints, keypoints, subject.size, "limbs", FPS))

    poses = [fitted(name, view)[round(second * FPS)] for name, second, view in POSES]
    row = [("the photo", image)]
    for pose, frame in danced(poses):
        row += [("a pose", pose), ("drawn", frame)]
    write_png(picture, labeled_grid([row], cell=image.shape[0]))

    targets = fitted(DANCE)
    with tqdm(danced(targets), "dancing", len(targets), unit=" frames", disable=None) as frames:
        beside = (
            labeled_grid([[("the photo", image), ("a dance", pose), ("drawn", frame)]], cell=image.shape[0])
            for pose, frame in frames
        )
        write_video(film, beside, FPS)
    return picture, film


def _fetch_together(fetches):
    """What is wanted is fetched at the same time: most of it is waiting, and whoever tries a demo waits, too."""
    with ThreadPoolExecutor() as pool:
        for job in [pool.submit(fetch) for fetch in fetches]:
            job.result()


def _fetch_motions():
    assets.fetch(lambda sentence: print(sentence, file=sys.stderr), ["motions"])
