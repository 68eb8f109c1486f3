"""Makes a training set of photos and films: frames chosen, the person found and cropped, near-duplicates dropped.

Every source is worked on by itself, on all cores. When all its pictures are written, a note of it is: a run that was killed
starts again at the sources without a note, and ends with the same files.
"""

import contextlib
import io
import json
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from gfla_tf.errors import GflaError, os_reason
from gfla_tf.files import own_folder, stat_digest, write_whole
from gfla_tf.inference.detectors.pose_detector import PoseDetector, joints_of
from gfla_tf.inference.photos import Box, crop, crop_keypoints, inside_photo, person_box
from gfla_tf.inference.preparation.frames import look_at, pose_file
from gfla_tf.inference.preparation.report import write_preparation_report
from gfla_tf.inference.preparation.tables import pairs_of, split_of, table
from gfla_tf.keypoints.identity import Follower
from gfla_tf.keypoints.pose_files import main_person, write_openpose
from gfla_tf.keypoints.pose_formats import Found
from gfla_tf.synthetic.parallel import parallel_map

NOTES = "report/sources"  # folder of a note for each source that is done
_CONFIDENCE = 0.3  # joints below it are missing
_OUTLINE = 0.5  # probability from which a pixel shows the person
_JOINTS = 8  # fewer do not make a pose
_SMALL = 0.35  # crops of fewer than this share of the network's height are too coarse
_THUMBNAIL = 24  # pixels a side, in which near-duplicates are compared
_ALIKE, _STILL = 4.0, 0.01  # mean difference of gray levels; mean way of joints as a share of the height


class Settings(NamedTuple):
    """What decides the pictures of a training set.

    Attributes:
        size: (height, width) of the network's images.
        fps: frames of a film per second that are looked at.
        detector: path of the detector's network, or None.
    """

    size: tuple
    fps: float
    detector: Path | None = None


def prepare_people(sources, output, settings, held_out=()):
    """Writes the training set of `sources`, and the report on it.

    Args:
        sources: list of `Source`.
        output: folder, in the layout of `gfla_tf.data.folder`.
        settings: `Settings`.
        held_out: names of persons or sources that are for testing as a whole. Unless these are persons, the last fifth of each
            other source is, too; of five persons and more without `held_out`, whole persons are instead.

    Returns:
        the notes of all sources, a list of dicts: person, source, looked_at, kept (names) and dropped ({reason: [origin]}).

    Raises:
        GflaError: a name in `held_out` is unknown, nothing was kept, a file cannot be written, or another process is preparing
            there.
    """
    output = Path(output)
    known = {
        name for source in sources for name in (source.person, source.name, f"{source.person}/{source.name}")
    }
    if unknown := sorted(set(held_out) - known):
        raise GflaError(
            f"There is no person or film {unknown[0]} to hold out: choose among {', '.join(sorted(known))}."
        )
    with own_folder(output, "preparing"):
        return _prepare_alone(sources, output, settings, held_out)


def _prepare_alone(sources, output, settings, held_out):
    todo = [source for source in sources if _note(source, output, settings) is None]
    for source in todo:
        _remove_left(source, sources, output)
    if todo:
        jobs = [(source, output, settings) for source in todo]
        parallel_map(_prepare_source, jobs, "preparing", "source")
    notes = [_note(source, output, settings) for source in sources]
    for source, note in zip(sources, notes, strict=True):
        if note is None:
            changed = source.film or source.photos[0].parent
            raise GflaError(f"{changed} changed while it was prepared: start again when it is at rest.")
    write_preparation_report(notes, output)
    if not any(note["kept"] for note in notes):
        reasons = sorted({reason for note in notes for reason in note["dropped"]})
        raise GflaError(
            f"No picture could be used ({', '.join(reasons) or 'there is none'}): {output / 'report/report.md'} says what to do."
        )
    split = split_of(notes, held_out)
    _write(output / "split.csv", table("picture,split", split.items()))
    _write(output / "pairs.csv", table("from,to", pairs_of(notes, split)))
    return notes


def pose_finder(detector=None):
    """The detector of the package as `look_at` takes it: gives keypoints and, where it knows it, the outline of the person."""

    @contextlib.contextmanager
    def finder(is_film):
        detect, follow = None, Follower()

        def find(image):
            nonlocal detect
            detect = detect or PoseDetector(
                detector, film=is_film
            )  # poses may all lie beside: then it is not fetched
            people = {person.number: person for person in detect.found(image)}
            joints = {number: joints_of(person, image.shape[:2]) for number, person in people.items()}
            if is_film:
                chosen = follow([Found(each, number) for number, each in joints.items()])
            else:
                chosen = main_person(list(joints.values()))
            found = next((person for number, person in people.items() if joints[number] is chosen), None)
            return None if found is None else (chosen, found.mask(image.shape[:2]) > _OUTLINE)

        yield find

    return finder


def _prepare_source(job):
    """Prepares one source and writes its note; of a module's top level, for other processes."""
    source, output, settings = job
    folder = output / source.person
    kept, dropped, looked_at, thumbnails, poses = [], {}, 0, [], []
    for seen in look_at(source, settings.fps, pose_finder(settings.detector)):
        looked_at += 1
        problem, picture = seen.problem, None
        if not problem:
            problem, picture = cropped(seen, settings.size)
        if not problem:
            thumbnail = _thumbnail(picture[0])
            if _is_near_duplicate(thumbnail, picture[1], thumbnails, poses, settings.size[0]):
                problem = "near-duplicate"
        if problem:
            dropped.setdefault(problem, []).append(seen.origin)
            continue
        thumbnails.append(thumbnail)
        poses.append(picture[1])
        name = f"{source.name}-{seen.name}"
        _write_picture(folder / name, *picture)
        kept.append(f"{source.person}/{name}.png")
    note = {
        "person": source.person,
        "source": source.name,
        "looked_at": looked_at,
        "kept": kept,
        "dropped": dropped,
    }
    key = _key(source, settings)
    _write(_note_path(source, output), json.dumps({"key": key, **note}, indent=1, sort_keys=True).encode())


def _remove_left(source, sources, output):
    """Removes what a run that was killed, or one of other settings, made of a source: not of another one of a longer name."""
    longer = tuple(f"{other.name}-" for other in sources
                   if other.person == source.person and other.name.startswith(f"{source.name}-"))  # fmt: skip
    folder = output / source.person
    for old in folder.iterdir() if folder.is_dir() else ():
        if old.name.startswith(f"{source.name}-") and not old.name.startswith(longer):
            old.unlink()


def cropped(seen, size):
    """The crop of a picture's person: (problem, None) or ("", (image, keypoints, mask or None))."""
    keypoints = np.where(seen.keypoints[:, 2:] >= _CONFIDENCE, seen.keypoints, 0).astype(np.float32)
    keypoints = inside_photo(keypoints, seen.image.shape[:2])
    if (keypoints[:, 2] > 0).sum() < _JOINTS:
        return "too few joints", None
    box = person_box(keypoints, size, seen.origin)
    if box.height < _SMALL * size[0]:
        return "too small", None
    mask = None if seen.mask is None else _crop_mask(seen.mask, box, size)
    return "", (crop(seen.image, box, size), crop_keypoints(keypoints, box, size), mask)


def _crop_mask(mask, box: Box, size):
    """A mask's crop; nobody is outside of the picture."""
    padded = np.pad(np.uint8(mask) * 255, 1)  # so that the border that is repeated is empty
    moved = box._replace(left=box.left + 1, top=box.top + 1)
    return crop(np.repeat(padded[..., None], 3, -1), moved, size)[..., 0] > 127


def _is_near_duplicate(thumbnail, keypoints, thumbnails, poses, height):
    """Whether a picture shows hardly anything that one before does not."""
    if not thumbnails:
        return False
    alike = np.abs(np.stack(thumbnails) - thumbnail).mean(axis=(1, 2)) < _ALIKE
    for index in np.flatnonzero(alike):
        both = (poses[index][:, 2] > 0) & (keypoints[:, 2] > 0)
        way = np.linalg.norm(poses[index][both, :2] - keypoints[both, :2], axis=1)
        if way.size and way.mean() < _STILL * height:
            return True
    return False


def _thumbnail(image):
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.resize(gray, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA).astype(np.float32)


def _write_picture(path, image, keypoints, mask):
    files = {".png": image} | ({} if mask is None else {"_mask.png": np.uint8(mask) * 255})
    write_openpose(_made(path.parent) / f"{path.name}.json", keypoints)
    for ending, pixels in files.items():
        content = io.BytesIO()
        Image.fromarray(pixels).save(content, "PNG")
        _write(path.with_name(path.name + ending), content.getvalue())


def _note(source, output, settings):
    """The note of a source that is done with these settings, or None."""
    try:
        note = json.loads(_note_path(source, output).read_text())
        if note.pop("key") != _key(source, settings):
            return None
        kept = [
            name for name in note["kept"] if (Path(output) / name).is_file()
        ]  # others were removed by hand
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):  # none, or damaged
        return None
    return {**note, "kept": kept}


def _note_path(source, output):
    return Path(output) / NOTES / f"{source.person}-{source.name}.json"


def _key(source, settings):
    """What the pictures of a source depend on."""
    files = [source.film, *(source.poses or ())] if source.film else []
    for photo in source.photos:
        mask = photo.with_name(f"{photo.stem}_mask.png")
        files += [photo, *filter(None, [pose_file(photo)]), *([mask] if mask.is_file() else [])]
    return stat_digest(
        {file.name: file for file in files}, f"{settings.size} {settings.fps} {settings.detector}"
    )


def _made(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path, content):
    try:
        write_whole(path, content)
    except OSError as error:
        raise GflaError(
            f"Cannot write {path} ({os_reason(error)}): make room, or shorten its name, and start again to resume."
        ) from error
