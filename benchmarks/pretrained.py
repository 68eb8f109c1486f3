"""A trained network takes its place in the package: its files, and the figures of its card.

    python -m benchmarks.pretrained people_256 --network runs/people_256
    python -m benchmarks.held_out_people people_256 --people 100 --json held.json
    python -m benchmarks.real_people people_256 --json real.json
    python -m benchmarks.pretrained people_256 --figures held.json real.json

The first writes configuration, weights and .tflite files; the last puts figures into the card, in the rows that it has. The
sentences of cards, and docs/people.md, are for people to write.
"""

import argparse
import json
import re
import tempfile
from pathlib import Path

from gfla_tf.errors import GflaError, user_errors
from gfla_tf.files import write_whole
from gfla_tf.models.preset_folder import CARD, PRETRAINED, save_preset

LICENSE = "Apache-2.0"
FORM_OF_PAGES = "_keypoints"  # poses drawn in the graph, the source encoded once
_ROW = re.compile(r"\| (?P<label>[^|]+) \| [\d.]+ \| [\d.]+ to [\d.]+ \|")
_COUNT = re.compile(r" \(\d+\)$")
# Labels of cards that are other words than the benchmarks'.
_SCORES = {
    "L1 on the person / copying": "l1 / copying",
    "LPIPS on the person / copying": "lpips / copying",
    "SSIM on the person": "ssim on the person",
    "SSIM on the person, above copying": "ssim on the person, above copying",
    "end-point error / zero flow": "end_point_error / zero flow",
    "distance of the joints found again / height": "joints",
    "a person is found again": "found",
    "LPIPS of the face / copying": "face_lpips / copying",
    "detail of what is visible / the truth's": "detail",
    "its correlation with the truth's": "detail_match",
}


def install(network, name, folder):
    """Writes a trained generator and its .tflite files, in half precision, into `folder`; the card there stays as it is.

    Args:
        network: the generator; its `card` says how its data were drawn.
        name: of the preset.
        folder: one that holds the earlier network of that name, or a new one.
    """
    import gfla_tf

    folder, forms = Path(folder), {"": {}, FORM_OF_PAGES: {"keypoints": True, "split": True}}
    card = (folder / CARD).read_bytes() if (folder / CARD).is_file() else None
    network.card = {
        **network.card,
        "origin": f"trained by gfla_tf, see the card of {name}",
        "license": LICENSE,
    }
    save_preset(network, folder)
    if card is not None:
        write_whole(folder / CARD, card)
    for form, settings in forms.items():
        path = folder / f"{name}{form}.tflite"
        if form and not path.is_file():
            continue
        with tempfile.TemporaryDirectory() as scratch:
            (written,) = gfla_tf.convert(network, scratch, variants=["float16"], name=name, **settings)
            write_whole(path, Path(written.path).read_bytes())


def with_figures(card, held=None, real=None):
    """A card's text with the figures of `benchmarks.held_out_people` and `benchmarks.real_people` in its rows.

    Args:
        card: the text; rows below a line that names a benchmark take that benchmark's figures.
        held, real: {score: (estimate, low, high)}; rows of one that is None stay.

    Raises:
        GflaError: a row has no figure.
    """
    lines, figures = [], None
    for line in card.splitlines():
        if "benchmarks.held_out_people" in line or line.startswith("LPIPS on the person / copying, by"):
            figures = held
        elif "benchmarks.real_people" in line:
            figures = real
        row = _ROW.fullmatch(line)
        lines.append(_filled(row["label"], figures) if row and figures is not None else line)
    return "\n".join(lines) + "\n"


def _filled(label, figures):
    wanted = _SCORES.get(label)
    for name, (estimate, low, high) in figures.items():
        group = name.removeprefix("lpips / copying, ")
        if name == wanted or (group != name and _COUNT.sub("", group) == _COUNT.sub("", label)):
            return f"| {label if wanted else group} | {estimate:.3f} | {low:.3f} to {high:.3f} |"
    raise GflaError(
        f"The card's row {label!r} has no figure: judge as many people as before, or delete the row."
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pretrained", description=__doc__.splitlines()[0]
    )
    parser.add_argument("name", help="of the preset, such as people_256")
    parser.add_argument("--network", help="a finished run, a folder that save_to_preset wrote, or a .keras")
    parser.add_argument(
        "--figures", type=Path, nargs=2, metavar=("HELD", "REAL"), help="the .json files of both judges"
    )
    options = parser.parse_args(arguments)
    folder = PRETRAINED / options.name
    with user_errors():
        if options.network:
            from gfla_tf.training.load import load

            install(load(options.network), options.name, folder)
        if options.figures:
            held, real = (json.loads(path.read_text()).get(options.name) for path in options.figures)
            card = with_figures((folder / CARD).read_text(), held, real)
            write_whole(folder / CARD, card.encode())


if __name__ == "__main__":
    main()
