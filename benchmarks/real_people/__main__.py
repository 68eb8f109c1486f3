"""The command, see the package."""

import argparse
import json
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks.real_people.networks import network_of
from benchmarks.real_people.pairs import OF_EACH_CAMERA, RealPeople
from benchmarks.real_people.scores import COMPARED, Judge
from gfla_tf.errors import user_errors
from gfla_tf.files import write_whole
from gfla_tf.inference.detectors.pose_detector import PoseDetector
from gfla_tf.metrics.bootstrap import interval
from gfla_tf.pictures.drawing import labeled_grid, to_uint8, write_png

_ROW = 5  # pairs beside each other in the sheet


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_people", description=__doc__)
    parser.add_argument(
        "networks", nargs="+", help="networks of the package, folders of such, or .tflite files"
    )
    parser.add_argument(
        "--pairs", type=int, default=OF_EACH_CAMERA, help="of each camera (default: %(default)s)"
    )
    parser.add_argument(
        "--sheet", type=Path, help=".png of all pairs: source, target, and each network's picture"
    )
    parser.add_argument(
        "--shown",
        action="store_true",
        help="judge pictures as the commands show them, not as networks draw them",
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(arguments)
    with user_errors():
        networks = [network_of(name, options.shown) for name in options.networks]
        people = RealPeople(options.pairs)
        figures, columns = {}, {}
        with PoseDetector() as detector:
            judge = Judge(detector)
            for network in networks:
                pairs = people.pairs(network.size)
                copied = judge(pairs, [pair.source.astype(np.float32) / 127.5 - 1 for pair in pairs])
                pictures = [network(pair)["generated"] for pair in pairs]
                figures[network.name] = _figures(judge(pairs, pictures), copied)
                columns[network.name] = pairs, pictures
        for name, rows in figures.items():
            print(f"{name}, {len(columns[name][0])} pairs")
            for score, row in rows.items():
                print(f"  {score:22} {row[0]:.4f} [{row[1]:.4f}, {row[2]:.4f}]")
        if options.json:
            write_whole(options.json, json.dumps(figures, indent=1).encode())
        if options.sheet:
            write_png(options.sheet, _sheet(columns))


def _figures(scores, copied):
    """{score: (estimate, low, high)}: values, copying's, and shares of copying's."""
    rows = {}
    for name, values in scores.items():
        rows[name] = interval(values)
        if name in COMPARED:
            rows[f"{name}, copying"] = interval(copied[name])
            rows[f"{name} / copying"] = interval(values, copied[name])
    return rows


def _sheet(columns):
    cells = []
    names = list(columns)
    for number in range(len(columns[names[0]][0])):
        first = columns[names[0]][0][number]
        row = [(f"camera {first.origin[0]}", first.source), ("truth", first.target)]
        row += [(name, to_uint8(columns[name][1][number])) for name in names]
        cells.append(row)
    rows = [[*chain.from_iterable(cells[i : i + _ROW])] for i in range(0, len(cells), _ROW)]
    return labeled_grid(rows, cell=192)


if __name__ == "__main__":
    main()
