"""Makes a training set of your own photos and films, or checks one that is there.

    gfla prepare people/ --output own
    gfla prepare people/ --output own --size 128 96 --fps 5 --held-out cam04
    gfla prepare datasets/market --check market
    gfla prepare datasets/market --shards market --size 128 64 --beam="--runner=DirectRunner --direct_num_workers=0"

people/ holds a folder for each person, with photos and films in any depth, or a film for each person. A pose file beside a photo
(NAME.json) and a folder of them beside a film (NAME_poses/, see gfla poses) are taken, otherwise poses are found. Pictures are
cropped to the person; what cannot be used and near-duplicates are left out, and report/report.md says which, why and what to do;
report/contact_sheet.png shows the pictures with their skeletons. For testing are the films that --held-out names and the last
fifth of every other one; or the persons that it names; or, of five persons and more without it, the last fifth of them. Started
again after a kill, it resumes, and ends with the same files.

--shards writes the TFRecord files of a data set before a training does; with --beam, Apache Beam does, on one machine or on many.
Train with data.dataset=folder data.directory=own, see docs/own_people.md.
"""

import shlex
from pathlib import Path

from gfla_tf.cli.parser import command_parser
from gfla_tf.errors import GflaError, user_errors

MOST_FPS = 2000
LEAST_SIDE, MOST_SIDE = 16, 4096


def parse_arguments(arguments=None):
    """The command line; see `gfla prepare --help`."""
    parser = command_parser("prepare", __doc__)
    parser.add_argument("source", type=Path, help="folder of people, a film, or with --check a data set")
    parser.add_argument("--output", type=Path, metavar="DIR", help="the training set, made or gone on with")
    parser.add_argument(
        "--check",
        metavar="DATASET",
        help="only check: folder, folder_dance, folder_face, deepfashion or market",
    )
    parser.add_argument(
        "--shards", metavar="DATASET", help="only write the sharded files of a data set, such as market"
    )
    parser.add_argument(
        "--beam", metavar="OPTIONS", help='with --shards, let Apache Beam write them: --beam="--runner=..."'
    )
    parser.add_argument(
        "--size",
        type=int,
        nargs=2,
        default=(256, 192),
        metavar=("H", "W"),
        help="of the network's images (default: 256 192, as people_256)",
    )
    parser.add_argument(
        "--fps", type=float, default=5.0, help="frames of a film per second to look at (default: 5)"
    )
    parser.add_argument(
        "--held-out", nargs="+", default=(), metavar="NAME", help="persons or films for testing only"
    )
    parser.add_argument(
        "--pose-model", type=Path, metavar="FILE", help="the detector's network (default: fetched once)"
    )
    return parser.parse_args(arguments)


def main(arguments=None):
    """Runs `gfla prepare`."""
    options = parse_arguments(arguments)
    with user_errors():
        if options.check:
            _check(options)
        elif options.shards:
            _shards(options)
        else:
            _prepare(options)


def _check(options):
    from gfla_tf.inference.preparation.check import check_data

    counts, defects = check_data(options.check, options.source)
    print("\n".join(defects))
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    if defects:
        raise GflaError(
            f"{options.source} has {len(defects)} defects, listed above: mend them before training."
        )
    print(f"{options.source} is whole")


def _shards(options):
    from gfla_tf.data.prepared import prepare

    known = sorted(path.stem for path in (Path(__file__).parents[1] / "data" / "builders").glob("*.py"))
    if options.shards not in known or not options.source.is_dir():
        raise GflaError(
            f"--shards {options.shards} of {options.source}: name a data set, such as market, and the folder of its files."
        )
    try:
        beam = None if options.beam is None else shlex.split(options.beam)
    except ValueError as error:
        raise GflaError(f"--beam is {options.beam}: {error}; close the quotation mark.") from error
    builder = prepare(options.shards, options.source, tuple(options.size), beam=beam)
    for split, info in builder.info.splits.items():
        print(f"{split}: {info.num_examples} records in {info.num_shards} shards")
    print(f"written to {builder.data_dir}")


def _prepare(options):
    from gfla_tf.inference.preparation.prepare import Settings, prepare_people
    from gfla_tf.inference.preparation.report import summary
    from gfla_tf.inference.preparation.sources import find_sources

    if options.output is None:
        raise GflaError("Nothing says where the training set goes: name a folder with --output.")
    if not 0 < options.fps <= MOST_FPS:
        raise GflaError(f"--fps is {options.fps:g}: it must be above 0 and at most {MOST_FPS}.")
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in options.size):
        raise GflaError(
            f"--size is {options.size[0]} {options.size[1]}: height and width must be from {LEAST_SIDE} to {MOST_SIDE} pixels."
        )
    source, output = options.source.resolve(), options.output.resolve()
    if output == source or output in source.parents or source in output.parents:
        raise GflaError(
            f"The training set {options.output} must not lie in {options.source}, nor the other way round."
        )
    settings = Settings(tuple(options.size), options.fps, options.pose_model)
    notes = prepare_people(find_sources(options.source), options.output, settings, options.held_out)
    print(summary(notes))
    print(
        f"\n{sum(len(note['kept']) for note in notes)} pictures in {options.output}: look at report/contact_sheet.png"
    )
