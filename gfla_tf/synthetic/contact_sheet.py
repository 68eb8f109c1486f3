"""Contact sheets of synthetic data: `python -m gfla_tf.synthetic.contact_sheet people OUT.png`.

Rows are identities. Columns are frames, of cars and chairs views all around; with --points they show joints or the points of
faces, with --clip people or bodies in motion. With --flow they are source, target, the target made from the source by the true
flow (gray where hidden), visibility, and the flow in color.
"""

import argparse

import cv2
import numpy as np

from gfla_tf.errors import GflaError, user_errors
from gfla_tf.keypoints.poses import LIMBS
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS
from gfla_tf.pictures.drawing import write_png
from gfla_tf.synthetic.bodies import SyntheticBodies
from gfla_tf.synthetic.bodies.talking import SyntheticTalkers
from gfla_tf.synthetic.faces import SyntheticFaces
from gfla_tf.synthetic.identity_source import SPLITS
from gfla_tf.synthetic.objects import SyntheticObjects
from gfla_tf.synthetic.people import SyntheticPeople

_RIGHT = (2, 3, 4, 8, 9, 10, 14, 16)  # joints of the person's right, which are red


def warped(source_image, flow):
    """(H, W, 3) uint8: the source looked up bilinearly at p + flow(p)."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(
        source_image, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def flow_columns(source, target, flow, visibility, shown):
    """The five pictures of --flow; `shown` (H, W) bool is where the target shows the subject."""
    made = np.where(visibility[..., None], warped(source, flow), np.uint8(128))
    seen = np.where(visibility, 255, np.where(shown, 110, 0)).astype(np.uint8)
    # Direction as hue, length as saturation, dark where hidden; for looking at, not for measuring.
    length = np.hypot(flow[..., 0], flow[..., 1])
    hue = (np.arctan2(flow[..., 1], flow[..., 0]) / (2 * np.pi) % 1) * 180
    value = np.where(length > 0, np.where(visibility, 255, 110), 235)
    hsv = np.stack([hue, 255 * length / max(1.0, length.max()), value], axis=-1).astype(np.uint8)
    return [source, target, made, np.repeat(seen[..., None], 3, axis=2), cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)]


def with_joints(image, keypoints):
    """The image four times as large, with its skeleton."""
    picture = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    at = np.round((keypoints[:, :2] + 0.5) * 4).astype(int).tolist()
    for a, b in LIMBS:
        if keypoints[a, 2] and keypoints[b, 2]:
            cv2.line(picture, at[a], at[b], (255, 255, 255), 1, cv2.LINE_AA)
    for i in np.flatnonzero(keypoints[:, 2]):
        cv2.circle(picture, at[i], 2, (255, 40, 40) if i in _RIGHT else (40, 90, 255), -1)
    return picture


def with_points(image, points):
    """The image twice as large, with its points."""
    picture = cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    for x, y in np.round((points + 0.5) * 2).astype(int).tolist():
        cv2.circle(picture, (x, y), 1, (60, 255, 60), -1)
    return picture


def people_row(people, identity, options):
    """The pictures of one person."""
    if options.flow:
        pair = people.pair(identity, 0, 1)
        images = pair["source_image"], pair["target_image"]
        return flow_columns(*images, pair["flow"], pair["visibility"], pair["target_person"])
    if options.clip:
        clip = people.clip(identity, 0, max(1, options.columns - 1))
        frames = list(zip(clip.images[: options.columns], clip.keypoints[: options.columns]))
    else:
        frames = [people.frame(identity, i) for i in range(options.columns)]
        frames = [(frame.image, frame.keypoints) for frame in frames]
    return [with_joints(*frame) if options.points else frame[0] for frame in frames]


def faces_row(faces, identity, options):
    """The pictures of one face."""
    if options.flow:
        source, target = faces.frame(identity, 0), faces.frame(identity, options.step)
        flow, visibility = faces.flow(source, target)
        return flow_columns(source.image, target.image, flow, visibility, visibility)
    frames = [faces.frame(identity, options.step * n) for n in range(options.columns)]
    return [with_points(frame.image, frame.keypoints) if options.points else frame.image for frame in frames]


def objects_row(objects, identity, options):
    """The pictures of one object."""
    if options.flow:
        target = ((3 + 5 * identity) % len(AZIMUTHS), identity % len(ELEVATIONS))
        pair = objects.pair(identity, ((target[0] + 3) % len(AZIMUTHS), 1), target)
        images = pair["source_image"], pair["target_image"]
        return flow_columns(*images, pair["flow"], pair["visibility"], pair["target_mask"])
    return [
        objects.view(identity, n * len(AZIMUTHS) // options.columns, (identity + n) % len(ELEVATIONS)).image
        for n in range(options.columns)
    ]


# {what: where its identities come from, from image size, split and seed; and the pictures of one}
SHEETS = {
    "people": (SyntheticPeople, people_row),
    "bodies": (SyntheticBodies, people_row),
    "talkers": (SyntheticTalkers, faces_row),
    "faces": (SyntheticFaces, faces_row),
    "cars": (lambda *source: SyntheticObjects("cars", *source), objects_row),
    "chairs": (lambda *source: SyntheticObjects("chairs", *source), objects_row),
}


def tiled(rows, zoom, gap=2):
    """One picture of rows of equally large pictures, each enlarged `zoom` times."""
    rows = [
        [cv2.resize(p, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC) for p in row] for row in rows
    ]
    pad = ((gap, 0), (gap, 0), (0, 0))
    return np.vstack([np.hstack([np.pad(p, pad, constant_values=255) for p in row]) for row in rows])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    option = parser.add_argument
    option("what", choices=SHEETS, help="what to show")
    option("out", metavar="OUT.png", help="picture to write")
    option("--image-size", type=int, nargs=2, default=(128, 128), metavar=("H", "W"), help="size of a frame")
    option("--seed", type=int, default=0, help="seed of the dataset")
    option("--split", default="train", help=" or ".join(SPLITS))
    option("--first", type=int, default=0, help="first identity")
    option("--identities", type=int, default=8, help="number of rows")
    option("--columns", type=int, default=9, help="number of columns")
    option(
        "--step", type=int, default=9, help="faces, talkers: frames from one column to the next, 25 a second"
    )
    option("--zoom", type=int, default=1, help="enlarge the pictures so many times")
    option("--points", action="store_true", help="draw joints (right red, left blue), or a face's points")
    option("--clip", action="store_true", help="people, bodies: show each in motion")
    option("--flow", action="store_true", help="show source, target, warped source, visibility and flow")
    options = parser.parse_args()
    with user_errors():
        for name in ("identities", "columns", "step", "zoom"):
            if getattr(options, name) < 1:
                raise GflaError(f"--{name} is {getattr(options, name)}: it must be at least 1.")
        create, row = SHEETS[options.what]
        source = create(options.image_size, options.split, options.seed)
        last = options.first + options.identities
        rows = [row(source, identity, options) for identity in range(options.first, last)]
        write_png(options.out, tiled(rows, options.zoom))


if __name__ == "__main__":
    main()
