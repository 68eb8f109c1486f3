"""Contact sheets of the synthetic faces: `python -m gfla_tf.synthetic.faces.contact_sheet OUT.png`.

Rows are identities. Columns are frames, on request with their 68 points; or, with --flow, source, target, the target made from
the source by the true flow (grey where hidden), visibility, and the flow in colour.
"""

import argparse

import cv2
import numpy as np

from gfla_tf.errors import GflaError, user_errors
from gfla_tf.pictures.drawing import write_png
from gfla_tf.synthetic.faces.faces import SyntheticFaces
from gfla_tf.synthetic.identity_source import SPLITS
from gfla_tf.synthetic.people.contact_sheet import flow_colours, tiled, warped


def with_points(image, points, zoom):
    """(zoom H, zoom W, 3) uint8: the image enlarged, with its points."""
    picture = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    for x, y in np.round((points + 0.5) * zoom).astype(int).tolist():
        cv2.circle(picture, (x, y), 1, (60, 255, 60), -1)
    return picture


def frames_row(faces, identity, columns, step, zoom, points):
    """Every `step`-th frame of a face, enlarged."""
    frames = [faces.frame(identity, step * n) for n in range(columns)]
    nothing = np.zeros((0, 2))
    return [with_points(f.image, f.keypoints if points else nothing, zoom) for f in frames]


def flow_row(faces, identity, step, zoom):
    source, target = faces.frame(identity, 0), faces.frame(identity, step)
    flow, visibility = faces.flow(source, target)
    made = np.where(visibility[..., None], warped(source.image, flow), np.uint8(128))
    seen = np.repeat(np.where(visibility, 255, 0).astype(np.uint8)[..., None], 3, axis=2)
    row = [source.image, target.image, made, seen, flow_colours(flow, visibility)]
    return [cv2.resize(p, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC) for p in row]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", metavar="OUT.png", help="picture to write")
    parser.add_argument(
        "--image-size", type=int, nargs=2, default=(128, 128), metavar=("H", "W"), help="size of a frame"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the dataset")
    parser.add_argument("--split", default="train", help=" or ".join(SPLITS))
    parser.add_argument("--first", type=int, default=0, help="first identity")
    parser.add_argument("--identities", type=int, default=8, help="number of rows")
    parser.add_argument("--frames", type=int, default=8, help="number of columns")
    parser.add_argument("--step", type=int, default=9, help="frames from one column to the next, 25 a second")
    parser.add_argument("--zoom", type=int, default=1, help="enlarge the frames so many times")
    parser.add_argument("--points", action="store_true", help="draw the 68 points")
    parser.add_argument(
        "--flow", action="store_true", help="show source, target, warped source, visibility and flow"
    )
    options = parser.parse_args()
    with user_errors():
        for name in ("identities", "frames", "step", "zoom"):
            if getattr(options, name) < 1:
                raise GflaError(f"--{name} is {getattr(options, name)}: it must be at least 1.")
        faces = SyntheticFaces(options.image_size, options.split, options.seed)
        step, zoom = options.step, options.zoom
        rows = [
            flow_row(faces, i, step, zoom)
            if options.flow
            else frames_row(faces, i, options.frames, step, zoom, options.points)
            for i in range(options.first, options.first + options.identities)
        ]
        write_png(options.out, tiled(rows, 1))


if __name__ == "__main__":
    main()
