"""The people that the page shows before anybody has given it a photo: synthetic ones, for this repository has nobody's picture.

    python -m gfla_tf.page.samples

draws them anew into web/static/samples, from the body that `gfla fetch bodies` brings (CC0).
"""

import json
from pathlib import Path

import cv2

from gfla_tf.files import write_whole

FOLDER = Path(__file__).parents[2] / "web" / "static" / "samples"
SIZE = (512, 384)
SEED = 11
# What the picture is called, for those who do not see it: identity and frame.
PEOPLE = {
    "A woman in a flowered shirt and shorts": (0, 4),
    "A man in a T-shirt with a print": (19, 0),
    "A woman in a checked shirt and jeans": (9, 0),
    "A man in a pink shirt": (11, 2),
}
_QUALITY = 88


def write():
    """Writes the pictures and people.json: [{"name", "file", "pose"}], poses in pixels of the pictures."""
    from gfla_tf.synthetic.bodies import SyntheticBodies

    bodies = SyntheticBodies(SIZE, "test", SEED, noise=(0.0, 0.0))
    entries = []
    for number, (name, (identity, index)) in enumerate(PEOPLE.items(), 1):
        frame, file = bodies.frame(identity, index), f"person{number}.jpg"
        _, jpeg = cv2.imencode(".jpg", frame.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        write_whole(FOLDER / file, jpeg.tobytes())
        pose = [[round(float(value), 1) for value in joint] for joint in frame.keypoints]
        entries.append({"name": name, "file": file, "pose": pose})
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    write_whole(FOLDER / "people.json", f"[\n{lines}\n]\n".encode())


if __name__ == "__main__":
    write()
