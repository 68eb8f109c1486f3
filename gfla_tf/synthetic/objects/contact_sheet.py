"""Contact sheets of the synthetic objects: `python -m gfla_tf.synthetic.objects.contact_sheet OUT.png`.

Rows are identities. Columns are views all around; or, with --flow, source, target, the target made from the source by the true
flow (grey where hidden), visibility, and the flow in colour.
"""

import argparse

import numpy as np

from gfla_tf.errors import GflaError, user_errors
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS
from gfla_tf.pictures.drawing import write_png
from gfla_tf.synthetic.identity_source import SPLITS
from gfla_tf.synthetic.objects.objects import KINDS, SyntheticObjects
from gfla_tf.synthetic.people.contact_sheet import flow_colours, tiled, warped


def views_row(objects, identity, columns):
    """`columns` views around one object, at elevations in turn."""
    return [
        objects.view(identity, n * len(AZIMUTHS) // columns, (identity + n) % len(ELEVATIONS)).image
        for n in range(columns)
    ]


def flow_row(objects, identity):
    target = ((3 + 5 * identity) % len(AZIMUTHS), identity % len(ELEVATIONS))
    pair = objects.pair(identity, ((target[0] + 3) % len(AZIMUTHS), 1), target)
    visibility, flow = pair["visibility"], pair["flow"]
    made = np.where(visibility[..., None], warped(pair["source_image"], flow), np.uint8(128))
    shown = np.where(visibility, 255, np.where(pair["target_mask"], 110, 0)).astype(np.uint8)
    return [pair["source_image"], pair["target_image"], made, np.repeat(shown[..., None], 3, axis=2),
            flow_colours(flow, visibility)]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", metavar="OUT.png", help="picture to write")
    parser.add_argument("--kind", default="cars", help=" or ".join(KINDS))
    parser.add_argument(
        "--image-size", type=int, nargs=2, default=(128, 128), metavar=("H", "W"), help="of a view"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the dataset")
    parser.add_argument("--split", default="train", help=" or ".join(SPLITS))
    parser.add_argument("--first", type=int, default=0, help="first identity")
    parser.add_argument("--identities", type=int, default=8, help="number of rows")
    parser.add_argument("--views", type=int, default=9, help="number of columns")
    parser.add_argument("--zoom", type=int, default=1, help="enlarge the views so many times")
    parser.add_argument(
        "--flow", action="store_true", help="show source, target, warped source, visibility and flow"
    )
    options = parser.parse_args()
    with user_errors():
        for name in ("identities", "views", "zoom"):
            if getattr(options, name) < 1:
                raise GflaError(f"--{name} is {getattr(options, name)}: it must be at least 1.")
        objects = SyntheticObjects(options.kind, options.image_size, options.split, options.seed)
        rows = [
            flow_row(objects, i) if options.flow else views_row(objects, i, options.views)
            for i in range(options.first, options.first + options.identities)
        ]
        write_png(options.out, tiled(rows, options.zoom))


if __name__ == "__main__":
    main()
