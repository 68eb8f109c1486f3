"""Contact sheets of the synthetic people: `python -m gfla_tf.synthetic.people.contact_sheet OUT.png`.

Rows are identities. Columns are frames with, on request, their joints; or, with --clip, the reference and then the frames of
a clip; or, with --flow, source, target, the target made from the source by the true flow (grey where hidden), visibility, and
the flow in colour.
"""

import argparse
import os

import cv2
import numpy as np

from gfla_tf.errors import GflaError, user_errors
from gfla_tf.keypoints.poses import LIMBS
from gfla_tf.synthetic.identity_source import SPLITS
from gfla_tf.synthetic.people.people import SyntheticPeople


def warped(source_image, flow):
    """(H, W, 3) uint8: the source looked up bilinearly at p + flow(p)."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(
        source_image, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def flow_colours(flow, visibility):
    """(H, W, 3) uint8: direction as hue, length as saturation, dark where hidden; for looking at, not for measuring."""
    length = np.hypot(flow[..., 0], flow[..., 1])
    hue = (np.arctan2(flow[..., 1], flow[..., 0]) / (2 * np.pi) % 1) * 180
    value = np.where(length > 0, np.where(visibility, 255, 110), 235)
    hsv = np.stack([hue, 255 * length / max(1.0, length.max()), value], axis=-1).astype(np.uint8)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def with_joints(image, keypoints, zoom):
    """(zoom H, zoom W, 3) uint8: the image enlarged, with its skeleton."""
    picture = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST)
    at = np.round((keypoints[:, :2] + 0.5) * zoom).astype(int).tolist()
    for a, b in LIMBS:
        if keypoints[a, 2] and keypoints[b, 2]:
            cv2.line(picture, at[a], at[b], (255, 255, 255), 1, cv2.LINE_AA)
    for i, place in enumerate(at):
        if keypoints[i, 2]:
            cv2.circle(
                picture, place, 2, (255, 40, 40) if i in (2, 3, 4, 8, 9, 10, 14, 16) else (40, 90, 255), -1
            )
    return picture


def frames_row(people, identity, columns, joints):
    frames = [people.frame(identity, i) for i in range(columns)]
    return [with_joints(f.image, f.keypoints, 4) if joints else f.image for f in frames]


def clip_row(people, identity, columns, joints):
    clip = people.clip(identity, 0, max(1, columns - 1))
    frames = zip(clip.images[:columns], clip.keypoints[:columns], strict=True)
    return [with_joints(image, keypoints, 4) if joints else image for image, keypoints in frames]


def flow_row(people, identity):
    pair = people.pair(identity, 0, 1)
    visibility, flow = pair["visibility"], pair["flow"]
    made = np.where(visibility[..., None], warped(pair["source_image"], flow), np.uint8(128))
    shown = np.where(visibility, 255, np.where(pair["target_person"], 110, 0)).astype(np.uint8)
    return [pair["source_image"], pair["target_image"], made, np.repeat(shown[..., None], 3, axis=2),
            flow_colours(flow, visibility)]  # fmt: skip


def tiled(rows, zoom, gap=2):
    """One picture of rows of equally large pictures, each enlarged `zoom` times."""
    pictures = [
        [cv2.resize(p, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC) for p in row] for row in rows
    ]
    pad = ((gap, 0), (gap, 0), (0, 0))
    return np.vstack([np.hstack([np.pad(p, pad, constant_values=255) for p in row]) for row in pictures])


def main(dataset=SyntheticPeople, image_size=(64, 64), zoom=2):
    """Writes the contact sheet of a dataset that the command line asks for; size and zoom are defaults."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", metavar="OUT.png", help="picture to write")
    parser.add_argument(
        "--image-size", type=int, nargs=2, default=image_size, metavar=("H", "W"), help="size of a frame"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the dataset")
    parser.add_argument("--split", default="train", help=" or ".join(SPLITS))
    parser.add_argument("--first", type=int, default=0, help="first identity")
    parser.add_argument("--identities", type=int, default=8, help="number of rows")
    parser.add_argument("--frames", type=int, default=10, help="number of columns")
    parser.add_argument("--zoom", type=int, default=zoom, help="enlarge the frames so many times")
    parser.add_argument(
        "--joints", action="store_true", help="draw the joints: the person's right in red, left in blue"
    )
    parser.add_argument("--clip", action="store_true", help="show each identity in motion")
    parser.add_argument(
        "--flow", action="store_true", help="show source, target, warped source, visibility and flow"
    )
    options = parser.parse_args()
    with user_errors():
        for name in ("identities", "frames", "zoom"):
            if getattr(options, name) < 1:
                raise GflaError(f"--{name} is {getattr(options, name)}: it must be at least 1.")
        people = dataset(options.image_size, options.split, options.seed)
        row = clip_row if options.clip else frames_row
        rows = [
            flow_row(people, i) if options.flow else row(people, i, options.frames, options.joints)
            for i in range(options.first, options.first + options.identities)
        ]
        sheet = tiled(rows, 1 if options.joints else options.zoom)
        _, data = cv2.imencode(".png", sheet[..., ::-1])
        try:
            with open(f"{options.out}.part", "wb") as file:
                file.write(data)
            os.replace(f"{options.out}.part", options.out)
        except OSError as error:
            raise GflaError(
                f"{options.out} cannot be written ({error.strerror}): choose another path."
            ) from error


if __name__ == "__main__":
    main()
