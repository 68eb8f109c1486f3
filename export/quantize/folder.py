"""Samples for quantization and scores out of a folder of pictures, in place of a training run's data; see
`gfla_tf.export.quantize.representative`.

Pictures follow each other by name. Each is the source of the next; of animations the first is the reference of all others.
Keypoints are in the file of a picture's name that ends with .json (.txt for faces), or are found. The first half of the pictures
are the training split, the others the test split.
"""

from pathlib import Path

from gfla_tf.export.convert.describe import task_fields

from gfla_tf.errors import GflaError
from gfla_tf.inference.subjects import SUBJECTS, read_subject
from gfla_tf.models.animation import is_recurrent
from gfla_tf.training.tasks.samples import Sample

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


def from_folder(source, folder, split, count):
    """At most `count` samples of the pictures in a folder.

    Args:
        source: `gfla_tf.export.convert.sources.Source` of a network that sees people or faces.
        folder: of the pictures.
        split: "train" or "test".
        count: number of samples.

    Returns:
        list of `gfla_tf.training.tasks.samples.Sample`.

    Raises:
        GflaError: the task has no keypoints, there are fewer than four pictures, or one cannot be read or shows nobody.
    """
    if source.task.subject is None:
        raise GflaError(
            f"Pictures do not tell what a network of the task {source.task.name} takes: leave out --data."
        )
    folder = Path(folder)
    if not folder.is_dir():
        raise GflaError(f"The folder {folder} does not exist: name one with pictures.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    if len(paths) < 4:
        raise GflaError(
            f"{folder} has {len(paths)} pictures: two for each half are the least, so put 4 there."
        )
    half = len(paths) // 2
    paths = (paths[:half] if split == "train" else paths[half:])[: count + 1]
    subject = SUBJECTS[source.task.subject](task_fields(source), source.name)
    frames = [_read(subject, path, source.task.keypoints is not None) for path in paths]
    reference = _read(subject.of_source, paths[0], source.task.keypoints is not None)
    return [_sample(source.generator, reference, frames, k) for k in range(1, len(frames))]


def _read(subject, path, drawn_later):
    """The picture, and its keypoints where maps can be drawn of them, else its maps, with a batch of one each."""
    file = path.with_suffix(subject.suffix)
    image, keypoints = read_subject(subject, path, file if file.is_file() else None)
    seen = (
        ("keypoints", subject.drawn(keypoints))
        if drawn_later
        else ("structure", subject.maps(keypoints, image))
    )
    return image[None], seen[0], seen[1][None]


def _sample(generator, reference, frames, k):
    """The sample whose target is frame `k`, at least 1."""
    image, kind, target = frames[k]
    if is_recurrent(generator):
        roles = {"reference": reference, "previous": reference if k == 1 else frames[k - 1]}
    else:
        roles = {"source": frames[k - 1]}
    inputs = {f"target_{kind}": target}
    for role, (picture, _, seen) in roles.items():
        inputs |= {f"{role}_image": picture, f"{role}_{kind}": seen}
    return Sample(inputs, {"target_image": image[0]}, first=k == 1 or not is_recurrent(generator))
