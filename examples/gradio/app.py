"""A person of a photo in new poses, and dancing: a Gradio app, and a Space of Hugging Face, in one folder.

    pip install gradio "gfla-tf[demo]"
    python examples/gradio/app.py

Networks run on LiteRT, on this machine's CPU; photos go nowhere else.
"""

import functools
import tempfile
from pathlib import Path

from gfla_tf.errors import GflaError
from gfla_tf.inference.animation import animate
from gfla_tf.inference.backgrounds import background_of
from gfla_tf.inference.demo import POSES
from gfla_tf.inference.models import load_model
from gfla_tf.inference.motion import FittedMotion
from gfla_tf.inference.motion_clips import clip_keypoints
from gfla_tf.inference.subjects import read_subject, subject_of
from gfla_tf.inference.video_writer import write_video
from gfla_tf.page.build import sources

FPS = 15
MOST_SECONDS = 8  # of a dance
DANCES = ("dance", "wave", "clap", "dab")
BACKGROUNDS = {"The photo's": "keep", "Blurred": "blur", "White": "white"}


@functools.lru_cache(maxsize=1)
def network():
    """The network of the package, and what it follows; loaded once."""
    model = load_model(None, "pose")
    return model, subject_of(model)


def pictures(photo, background="The photo's"):
    """The person of a photo in the demo's poses.

    Args:
        photo: path of a picture of one whole person.
        background: of `BACKGROUNDS`.

    Returns:
        list of uint8 (H, W, 3).

    Raises:
        GflaError: nobody is found in the photo.
    """
    draw, fitted = _opened(photo, background)
    return list(draw([fitted(name, view)[round(second * FPS)] for name, second, view in POSES]))


def film(photo, dance="dance", background="The photo's"):
    """Path of an .mp4 of the person of a photo who dances; arguments and errors as of `pictures`, `dance` of `DANCES`."""
    draw, fitted = _opened(photo, background)
    path = Path(tempfile.mkdtemp(prefix="gfla-")) / "dance.mp4"
    write_video(path, draw(fitted(dance)[: round(MOST_SECONDS * FPS)]), FPS)
    return str(path)


def _opened(photo, background):
    """A function that draws target joints, and one that fits a clip to the photo's person."""
    if not photo:
        raise GflaError("There is no photo yet: choose a sample, or give a picture of one whole person.")
    model, subject = network()
    image, keypoints = read_subject(subject, photo)
    behind = background_of(BACKGROUNDS[background], model, subject, image, keypoints)

    def fitted(name, view=0.0):
        frames = clip_keypoints(name, FPS, view)
        return list(FittedMotion(lambda: iter(frames), subject.joints, keypoints, subject.size, "limbs", FPS))

    return lambda targets: animate(model, subject, image, keypoints, targets, behind), fitted


def build():
    """The app, a `gradio.Blocks`."""
    import gradio

    def told(function):
        """What goes wrong is a sentence on the page."""

        @functools.wraps(function)
        def run(*arguments):
            try:
                return function(*arguments)
            except GflaError as error:
                raise gradio.Error(str(error), print_exception=False) from error

        return run

    with gradio.Blocks(title="People in new poses") as app:
        gradio.Markdown(
            "# People in new poses\nOne whole person, seen from the front, in even light, works best."
        )
        with gradio.Row():
            with gradio.Column():
                photo = gradio.Image(type="filepath", label="Photo", height=420)
                gradio.Examples(
                    [str(path) for path in sorted((sources() / "static" / "samples").glob("*.jpg"))],
                    photo,
                    label="Samples",
                )
                background = gradio.Radio(list(BACKGROUNDS), value="The photo's", label="Background")
                dance = gradio.Radio(list(DANCES), value=DANCES[0], label="Dance")
                pose_it = gradio.Button("New poses", variant="primary")
                let_dance = gradio.Button("Dance")
            with gradio.Column():
                poses = gradio.Gallery(label="Poses", columns=len(POSES), height=300)
                danced = gradio.Video(label="Dance", autoplay=True)
        pose_it.click(told(pictures), [photo, background], poses)
        let_dance.click(told(film), [photo, dance, background], danced)
    return app


if __name__ == "__main__":
    build().launch(server_name="127.0.0.1")
