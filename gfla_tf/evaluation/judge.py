"""Judging a folder of generated pictures against true ones on a protocol."""

import dataclasses
import functools
import hashlib
import importlib.metadata
from pathlib import Path

import numpy as np
from tqdm import tqdm

from gfla_tf import __version__
from gfla_tf.evaluation.films import film_scores
from gfla_tf.evaluation.inception_weights import is_published
from gfla_tf.evaluation.lines import Lines
from gfla_tf.evaluation.pictures import at_size, list_pictures, match, read_drawn, read_picture
from gfla_tf.evaluation.scores import FILM_SCORES, PAIR_SCORES, SET_SCORES, PairScorer, SetScorer
from gfla_tf.files import file_digest
from gfla_tf.keypoints.pose_files import find_pose

BATCH = 8
_PACKAGES = ("numpy", "scikit-image", "opencv-python-headless", "pillow", "tensorflow")


@dataclasses.dataclass(frozen=True)
class Judged:
    """The outcome of `judge`.

    Attributes:
        protocol: `Protocol`.
        pairs: list of `Pair`.
        rows: {name of a score: number} of each pair, and its `name`.
        distances: {name: value} of whole sets.
        notes: sentences about what was left out, and why.
        rivals: {whose: rows} of others that were judged on the same pairs, of which shares are told.
        is_copy: whether the sources themselves were judged in place of generated pictures.
        origin: what the result depends on: settings of the protocol, counts, digests of weights and pictures, versions.
    """

    protocol: object
    pairs: list
    rows: list
    distances: dict
    notes: list
    origin: dict
    rivals: dict = dataclasses.field(default_factory=dict)
    is_copy: bool = False

    def against(self, whose, other):
        """The same with another `Judged` of the same pairs as a rival; unchanged if its pairs are others."""
        if [row["name"] for row in self.rows] != [row["name"] for row in other.rows]:
            return self
        return dataclasses.replace(self, rivals={**self.rivals, whose: other.rows})


def judge_copies(source, truth, protocol, output, scores, origin, find_face=None):
    """`judge` of the source pictures in place of what a network drew of them: what has to be beaten."""
    protocol = dataclasses.replace(protocol, name=f"{protocol.name}, source copied")
    scores = [name for name in scores if name in PAIR_SCORES]
    return dataclasses.replace(
        judge(source, truth, protocol, output, scores, find_face=find_face, origin=origin), is_copy=True
    )


def judge(
    generated,
    truth,
    protocol,
    output,
    scores,
    *,
    real=None,
    inception=None,
    detector=None,
    find_face=None,
    origin=None,
):
    """Scores every picture of a folder against the true one; started again after a kill, it resumes.

    Args:
        generated, truth: folders, see `gfla_tf.evaluation.pictures.match`.
        protocol: `Protocol`.
        output: folder; the lines of pairs are written there as they come.
        scores: names of scores wanted, of `PAIR_SCORES` and `SET_SCORES`.
        real: folder of the pictures that distances of sets compare with; None takes the true ones.
        inception: path of Inception's weights.
        detector, find_face: see `PairScorer`.
        origin: more that the result depends on, such as the network that drew the pictures.

    Returns:
        `Judged`.

    Raises:
        GflaError: a folder, a picture or weights cannot be used.
    """
    pairs, without = match(generated, truth)
    scorer = PairScorer(protocol, [name for name in scores if name in PAIR_SCORES], detector, find_face)
    sets = SetScorer(protocol, [name for name in scores if name in SET_SCORES], inception)
    weights = scorer.weights | sets.weights
    if inception and {"fid", "kid"} & set(scores):
        weights["Inception"] = file_digest(inception)
    origin = {
        "protocol": protocol.settings(),
        "pairs": len(pairs),
        "generated": pictures_digest(pair.generated for pair in pairs),
        "truth": pictures_digest(
            path for pair in pairs for path in (pair.truth, pair.keypoints, pair.mask) if path
        ),
        "weights": weights,
        "versions": {
            "gfla_tf": __version__,
            **{name: importlib.metadata.version(name) for name in _PACKAGES},
        },
        **(origin or {}),
    }
    file = Path(output) / f"pairs_{_plain(protocol.name)}.jsonl"
    lines = Lines(file, {**origin, "scores": sorted(scores)}, BATCH)
    starts = range(len(lines.rows), len(pairs), BATCH)
    for start in tqdm(starts, desc=f"judging on {protocol.name}", unit="batch", disable=None):
        batch = pairs[start : start + BATCH]
        for group in _of_one_size([_read(pair, protocol) for pair in batch]):
            names, *pictures = zip(*group)
            lines.add([{"name": name, **row} for name, row in zip(names, scorer(*pictures), strict=True)])
    notes = (
        [f"{len(without)} generated pictures have no true one and were left out, the first is {without[0]}."]
        if without
        else []
    )
    if "Inception" in weights and not is_published(inception, protocol.inception):
        notes.append(
            f"The weights of Inception in {Path(inception).name} are not the published ones of {protocol.inception}: fid and kid "
            "can be compared only with those of the same weights."
        )
    distances = {}
    if sets.wanted:
        real_paths = list_pictures(real) if real else sorted({pair.truth for pair in pairs})
        origin["real"] = {"pictures": len(real_paths), "digest": pictures_digest(real_paths)}
        if real is None:
            notes.append(
                f"Distances of sets compare with the true pictures; {protocol.name} takes the {protocol.real} (--real)."
            )
        if len(pairs) < 2048:
            notes.append(
                f"{len(pairs)} pictures are few for distances of sets: compare them only with results of as many."
            )
        size = protocol.size or read_picture(pairs[0].truth).shape[:2]
        read = functools.partial(_batches, size=size, protocol=protocol)
        distances = sets.distances(
            *(sets.features(read(p)) for p in ([pair.generated for pair in pairs], real_paths))
        )
    rows = lines.rows
    if set(FILM_SCORES) & set(scores):
        rows = [{**row, **more} for row, more in zip(rows, film_scores(pairs, protocol), strict=True)]
    missing = [name for name in PAIR_SCORES if name in scores and not any(name in row for row in rows)]
    if missing:
        notes.append(
            f"{', '.join(missing)}: no pair has what they need (161 pixels a side; a pose or a mask beside the true picture; "
            "a true flow; a detector, and what it finds)."
        )
    return Judged(protocol, pairs, rows, distances, notes, origin)


def pictures_digest(paths):
    """SHA-256 of the names and contents of files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\n{file_digest(path)}\n".encode())
    return digest.hexdigest()


def _read(pair, protocol):
    truth = read_picture(pair.truth)
    size = protocol.size or truth.shape[:2]
    keypoints = find_pose(pair.keypoints, image_size=truth.shape[:2]) if pair.keypoints else None
    if keypoints is not None:
        scale = np.array([size[1] / truth.shape[1], size[0] / truth.shape[0]])
        places = (keypoints[:, :2] + 0.5) * scale - 0.5
        keypoints = np.where(keypoints[:, 2:] > 0, np.column_stack([places, keypoints[:, 2]]), 0)
    mask = None
    if pair.mask is not None:
        mask = at_size(read_picture(pair.mask), size, "pillow_bilinear")[..., 0] > 127
    generated = at_size(read_picture(pair.generated), size, protocol.resize)
    known = {"keypoints": keypoints, "mask": mask, "drawn": read_drawn(pair.generated)}
    return pair.name, generated, at_size(truth, size, protocol.resize), known


def _of_one_size(entries):
    """Runs of entries whose pictures have one size."""
    groups = []
    for entry in entries:
        if groups and groups[-1][-1][1].shape == entry[1].shape:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return groups


def _batches(paths, size, protocol):
    for start in range(0, len(paths), 2 * BATCH):
        yield [
            at_size(read_picture(path), size, protocol.resize) for path in paths[start : start + 2 * BATCH]
        ]


def _plain(name):
    return "".join(letter if letter.isalnum() else "_" for letter in name)
