"""Networks judged on synthetic people of the second kind that no training has seen, as a whole and by what people are like.

    python -m benchmarks.held_out_people people_256
    python -m benchmarks.held_out_people runs/people_256/people_256.tflite --people 200 --json scores.json

Scores are inside the person, pasted on the true background, with 95 % intervals of the bootstrap over people. Two scores tell
texture: `detail` is how much structure finer than 2 pixels (of 256) the visible part of the person has, as a share of the
truth's, and `detail_match` its correlation with the truth's. A blurred picture has neither; noise has the first alone.
"""

import argparse
import json
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from benchmarks.real_people.networks import network_of
from benchmarks.real_people.pairs import Pair
from benchmarks.real_people.scores import COMPARED, Judge
from gfla_tf.errors import user_errors
from gfla_tf.files import write_whole
from gfla_tf.inference.detectors.pose_detector import PoseDetector
from gfla_tf.inference.photos import to_float
from gfla_tf.metrics.bootstrap import interval
from gfla_tf.metrics.end_point_error import end_point_error
from gfla_tf.pictures.drawing import draw_skeleton, labeled_grid, to_uint8, write_png
from gfla_tf.synthetic.bodies import SyntheticBodies

# Score: the groups of people that it tells apart, by `SyntheticBodies.traits`.
GROUPS = {
    "skin, darkest third": lambda traits: traits["skin"] < 0.4,
    "skin, middle third": lambda traits: 0.4 <= traits["skin"] < 0.54,
    "skin, lightest third": lambda traits: traits["skin"] >= 0.54,
    "women": lambda traits: traits["sex"] == "female",
    "men": lambda traits: traits["sex"] == "male",
    "younger half": lambda traits: traits["age"] < 0.22,
    "older half": lambda traits: traits["age"] >= 0.22,
    "heavier half": lambda traits: traits["weight"] >= 0.4,
    "lighter half": lambda traits: traits["weight"] < 0.4,
    "trousers": lambda traits: traits["bottom"] == "trousers",
    "skirt or dress": lambda traits: traits["bottom"] != "trousers",
    "hat": lambda traits: traits["hat"],
    "glasses": lambda traits: traits["glasses"],
}


def detail(image):
    """What of a picture (H, W, 3) is finer than a 2-pixel blur at a height of 256."""
    return image - cv2.GaussianBlur(image, (0, 0), 2.0 * image.shape[0] / 256)


def texture(picture, truth, where):
    """(share, correlation) of the detail of a picture with the truth's, over the pixels `where`."""
    drawn, wanted = (detail(image)[where].ravel().astype(np.float64) for image in (picture, truth))
    energy = float(np.sum(np.square(wanted)))
    if energy == 0:
        return np.nan, np.nan
    norm = np.sqrt(np.sum(np.square(drawn)) * energy)
    return float(np.sqrt(np.sum(np.square(drawn)) / energy)), float(np.sum(drawn * wanted) / max(norm, 1e-12))


class HeldOutPeople:
    """One pair of each of `count` people of the test split; `samples`, `pairs` and `traits`."""

    def __init__(self, size, count):
        bodies = SyntheticBodies(size, "test")
        self.samples = [bodies.pair(identity, 0, 1) for identity in range(count)]
        self.traits = [bodies.traits(identity) for identity in range(count)]
        self.pairs = [
            Pair(
                source=sample["source_image"],
                target=sample["target_image"],
                source_keypoints=sample["source_keypoints"],
                target_keypoints=sample["target_keypoints"],
                person=sample["target_person"],
                origin=("test", identity, 0),
            )
            for identity, sample in enumerate(self.samples)
        ]


def judged(judge, people, outputs):
    """({score: (people,)}, {score: (people,) of copying's}) of a network's outputs."""
    pictures = [output["generated"] for output in outputs]
    scores = judge(people.pairs, pictures)
    copied = judge(people.pairs, [to_float(pair.source) for pair in people.pairs])
    seen = [s["visibility"] & s["target_person"] for s in people.samples]
    texts = [
        texture(picture, to_float(pair.target), where) if where.any() else (np.nan, np.nan)
        for picture, pair, where in zip(pictures, people.pairs, seen, strict=True)
    ]
    scores["detail"], scores["detail_match"] = np.array(texts).T
    scores["ssim on the person, above copying"] = scores["ssim on the person"] - copied["ssim on the person"]
    flows = [output.get("flow_0") for output in outputs]
    if all(flow is not None for flow in flows):
        still = [np.zeros_like(sample["flow"]) for sample in people.samples]
        scores["end_point_error"] = _end_point_errors(people.samples, flows)
        copied["end_point_error"] = _end_point_errors(people.samples, still)
    return scores, copied


def _end_point_errors(samples, flows):
    """(people,), NaN where nothing is visible."""
    return np.array(
        [
            end_point_error(flow, s["flow"], s["visibility"]) if s["visibility"].any() else np.nan
            for s, flow in zip(samples, flows, strict=True)
        ]
    )


def rows_of(scores, copied, traits):
    """{label: (estimate, low, high)}: values, shares of copying's (of zero flow's), and LPIPS' share by group."""
    rows = {}
    for name, values in scores.items():
        rows[name] = interval(values)
        if name in (*COMPARED, "end_point_error"):
            rows[f"{name} / {'zero flow' if name == 'end_point_error' else 'copying'}"] = interval(
                values, copied[name]
            )
    for group, belongs in GROUPS.items():
        chosen = np.array([bool(belongs(one)) for one in traits])
        if chosen.sum() >= 5:
            rows[f"lpips / copying, {group} ({chosen.sum()})"] = interval(
                scores["lpips"][chosen], copied["lpips"][chosen]
            )
    return rows


def sheet(pairs, outputs):
    """uint8 picture: of each pair source, target pose, what was drawn, truth; two pairs a row."""
    cells = [
        [
            ("source", pair.source),
            ("pose", draw_skeleton(np.zeros_like(pair.source), pair.target_keypoints)),
            ("drawn", to_uint8(output["generated"])),
            ("truth", pair.target),
        ]
        for pair, output in zip(pairs, outputs)
    ]
    rows = [[*chain.from_iterable(cells[i : i + 2])] for i in range(0, len(cells), 2)]
    return labeled_grid(rows, cell=pairs[0].source.shape[0])


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.held_out_people", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "networks", nargs="+", help="networks of the package, folders of such, or .tflite files"
    )
    parser.add_argument("--people", type=int, default=200, help="how many (default: %(default)s)")
    parser.add_argument(
        "--shown",
        action="store_true",
        help="judge pictures as the commands show them, not as networks draw them",
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument(
        "--sheet", type=Path, help=".png of the first network's pictures of the first 8 people"
    )
    options = parser.parse_args(arguments)
    with user_errors():
        networks, figures, people = [network_of(name, options.shown) for name in options.networks], {}, {}
        with PoseDetector() as detector:
            judge = Judge(detector)
            for network in networks:
                if network.size not in people:
                    people[network.size] = HeldOutPeople(network.size, options.people)
                shown = people[network.size]
                outputs = [network(pair) for pair in shown.pairs]
                if options.sheet and network is networks[0]:
                    write_png(options.sheet, sheet(shown.pairs[:8], outputs))
                rows = rows_of(*judged(judge, shown, outputs), shown.traits)
                figures[network.name] = rows
                print(f"{network.name}, {options.people} people")
                for name, row in rows.items():
                    print(f"  {name:40} {row[0]:.4f} [{row[1]:.4f}, {row[2]:.4f}]")
        if options.json:
            write_whole(options.json, json.dumps(figures, indent=1).encode())


if __name__ == "__main__":
    main()
