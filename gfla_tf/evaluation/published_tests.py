"""The published test sets of dances, faces and views, drawn by a network into files that `gfla evaluate` then judges.

Dances and faces: whole videos, frame after frame, in groups of six; VIDEO_00000.png and on, and VIDEO.mp4, 15 frames a second.
Views: of every model that is held out, all 18 views from one of them; SOURCE_to_TARGET.png.
"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from gfla_tf.data.prepared import builder_of
from gfla_tf.data.published_films import published_films
from gfla_tf.errors import GflaError
from gfla_tf.evaluation.pictures import encoded
from gfla_tf.files import write_whole
from gfla_tf.inference.animation import steps
from gfla_tf.inference.photos import to_float
from gfla_tf.inference.video_writer import write_video
from gfla_tf.keypoints.views import view_codes
from gfla_tf.pictures.drawing import to_uint8

FPS = 15
_BUILDERS = {
    "dance": "fashionvideo",
    "face": "faceforensics",
    "view": "shapenet",
}  # of a folder that says no more


def draw_tests(network, directory, output, file_format="png", count=None):
    """Draws a test set into the folders generated, truth and, of views, source; resumes where it was interrupted.

    Args:
        network: `Network` of a dance, face or view task.
        directory: of the files, see docs/datasets.md; None takes that of the run.
        output: folder.
        file_format: of generated pictures, "png" or "jpg".
        count: at most so many videos or lines of the list; None takes all.

    Raises:
        GflaError: there are no such files, or the network does not take the maps that are drawn here.
    """
    task = network.task
    if directory is None and not task.is_prepared:
        raise GflaError(
            f"{network.what} comes without a test set: name the folder of a published data set with --data, see docs/datasets.md."
        )
    name = task.builder_name if task.is_prepared else _BUILDERS[task.name]
    directory = Path(directory or task.config.data.directory).expanduser()
    if not directory.is_dir():
        raise GflaError(f"The folder {directory} is missing: name the one of the data set with --data.")
    if wrong := [key for key in network.inputs if key.endswith("keypoints")]:
        raise GflaError(f"{network.what} takes {wrong[0]}: convert it again without --keypoints.")
    builder = builder_of(name, directory, network.image_size)
    try:
        if task.name == "view":
            _draw_views(network, list(builder.tests(directory))[:count], builder, Path(output), file_format)
        else:
            films = published_films(builder, directory, own_reference=task.name == "face")
            _draw_films(network, films[:count], builder, Path(output), file_format)
    except OSError as error:
        raise GflaError(
            f"Cannot write to {output} ({error.strerror}): make room, and start again to resume."
        ) from error


def drawn_frames(network, film, read):
    """The frames of a video, drawn as published.

    Args:
        network: `Network`.
        film: `Film`.
        read: function from a row of the builder's table to its record.

    Yields:
        number, the true frame and the drawn one, uint8 (H, W, 3).
    """
    reference, order, shown = read(film.reference), film.drawn, {}

    def structures():
        for number in order:
            shown.update(read(film.frames[number]))
            yield _structure(network, shown, "target")

    first = to_float(reference["image"])[None], _structure(network, reference, "reference")
    for number, following, outputs in zip(
        order, [*order[1:], None], steps(network, *first, structures()), strict=True
    ):
        if number != following:  # what is drawn last counts
            yield number, shown["image"], to_uint8(outputs["generated"][0])


def _structure(network, record, role):
    """What a network sees of a record, (1, H, W, channels)."""
    stored = np.asarray(network.task.stored(record, role))[None]
    return np.asarray(network.task.structures(stored, network.image_size, role))


def _draw_films(network, films, builder, output, file_format):
    for film in tqdm(films, desc=f"drawing with {network.what}", unit="video", disable=None):
        video = output / "films" / f"{film.name}.mp4"
        if video.is_file():  # written last
            continue
        write_video(video, _written(network, film, builder, output, file_format), FPS)


def _written(network, film, builder, output, file_format):
    """The drawn frames, each of which has been written."""
    frames = drawn_frames(network, film, lambda row: builder.record(row, network.image_size))
    for number, truth, drawn in frames:
        name = f"{film.name}_{number:05d}"
        write_whole(output / "truth" / f"{name}.png", encoded(truth, "png"))
        write_whole(output / "generated" / f"{name}.{file_format}", encoded(drawn, file_format))
        yield drawn


def _draw_views(network, tests, builder, output, file_format):
    for source_entry, target_entries in tqdm(
        tests, desc=f"drawing with {network.what}", unit="model", disable=None
    ):
        source = builder.record(source_entry, network.image_size)
        for entry in target_entries:
            name = f"{source_entry[1]}_to_{entry[1]}"
            path = output / "generated" / f"{name}.{file_format}"
            if path.is_file():
                continue
            target = builder.record(entry, network.image_size)
            drawn = network(
                source_image=to_float(source["image"])[None],
                source_view=_view(source),
                target_view=_view(target),
            )
            write_whole(output / "source" / f"{name}.png", encoded(source["image"], "png"))
            write_whole(output / "truth" / f"{name}.png", encoded(target["image"], "png"))
            write_whole(path, encoded(to_uint8(drawn["generated"][0]), file_format))


def _view(record):
    return view_codes(record["azimuth"], record["elevation"])[None]
