"""Scores a network's pictures, or any folder of them, against the truth by the papers' protocols.

    gfla evaluate runs/pose_own --output scores
    gfla evaluate pose_own.tflite pose_own_int8.tflite --data own --protocol gfla cfld --output scores
    gfla evaluate runs/dance --data datasets/danceFashion --output scores
    gfla evaluate results/ --truth test_256/ --real train_256/ --inception inception.pth --protocol gfla --output scores

A network (a run, a folder of weights, a .keras or .tflite file) draws the held-out pairs of --data, or of the run's own data,
into OUTPUT/drawn_.../generated, and is judged by these files. A network for dances, faces or views draws the published test set
of --data: all videos in groups of six frames (test_list.csv, where there is one), or 18 views of every model. A folder of
pictures is judged as it is: SOURCE_2_TARGET_vis.jpg belongs to TARGET in --truth, other names to the same name. Poses beside true
pictures (NAME.json) give the masked scores.

Writes results.jsonl (scores, intervals, protocol, counts, digests of weights and pictures, versions), results.md (a table),
best_and_worst.png and pairs_PROTOCOL.jsonl. Started again after a kill, it resumes, and ends with the same bytes.
docs/evaluation.md has the scores and the protocols.
"""

import hashlib
from pathlib import Path

from gfla_tf.cli.parser import command_parser
from gfla_tf.errors import GflaError, user_errors
from gfla_tf.files import own_folder


def parse_arguments(arguments=None):
    """The command line; see `gfla evaluate --help`."""
    parser = command_parser("evaluate", __doc__)
    parser.add_argument("what", nargs="+", help="networks, or folders of generated pictures")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where results go")
    parser.add_argument("--truth", type=Path, metavar="DIR", help="true pictures, for folders of pictures")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder of pictures as gfla prepare makes it, or of a published data set",
    )
    parser.add_argument(
        "--count", type=int, metavar="N", help="draw at most N pairs, spread over all; the first N videos"
    )
    parser.add_argument(
        "--pairs",
        metavar="REGEX",
        help="draw only pairs of which it matches a part of the name, SOURCE_2_TARGET",
    )
    parser.add_argument(
        "--best", action="store_true", help="of runs, the weights that were best on held-out samples"
    )
    parser.add_argument(
        "--protocol",
        nargs="+",
        default=["gfla"],
        help="gfla (default), cfld, pidm, nted: several are compared",
    )
    parser.add_argument(
        "--resize", metavar="FILTER", help="another resize filter than the protocol's; results say so"
    )
    parser.add_argument(
        "--scores",
        nargs="+",
        metavar="NAME",
        help="only these (default: all that can be had)",
    )
    parser.add_argument(
        "--real", type=Path, metavar="DIR", help="pictures that FID compares with (default: the true ones)"
    )
    parser.add_argument(
        "--inception", metavar="FILE", help="weights of Inception v3 (.pth), or download, for fid and kid"
    )
    parser.add_argument(
        "--film",
        action="store_true",
        help="folders hold the frames of a film, in the order of their names: warping_error",
    )
    parser.add_argument(
        "--find-poses",
        action="store_true",
        help="find poses in generated pictures, for pckh and joint_distance",
    )
    parser.add_argument(
        "--find-faces",
        action="store_true",
        help="find faces in generated and true pictures, for face_distance",
    )
    return parser.parse_args(arguments)


def main(arguments=None):
    """Runs `gfla evaluate`."""
    options = parse_arguments(arguments)
    with user_errors():
        first = {}
        for what in options.what:
            output = options.output / Path(what).name if len(options.what) > 1 else options.output
            with own_folder(output, "evaluating into"):
                for judged in evaluate(what, output, options, first):
                    first.setdefault(judged.protocol.name, (Path(what).name, judged))


def evaluate(what, output, options, first):
    """Evaluates one network or folder and prints the table.

    Args:
        what: path of it.
        output: folder for the results.
        options: the command line.
        first: {protocol: (whose, `Judged`)} of what was judged before, and is compared with.

    Returns:
        list of `Judged`, one for each protocol.
    """
    from gfla_tf.evaluation.inception_weights import inception_file
    from gfla_tf.evaluation.judge import judge, judge_copies
    from gfla_tf.evaluation.protocols import find_protocol
    from gfla_tf.evaluation.report import table, write_report
    from gfla_tf.evaluation.scores import FILM_SCORES, PAIR_SCORES, SCORES, SET_SCORES

    unknown = set(options.scores or ()) - set(SCORES)
    if unknown:
        raise GflaError(f"There is no score {min(unknown)!r}: choose among {', '.join(SCORES)}.")
    if options.count is not None and options.count < 1:
        raise GflaError(f"--count is {options.count}: draw at least one pair.")
    offered = [
        *PAIR_SCORES,
        *(name for name in SET_SCORES if options.inception or name not in ("fid", "kid")),
    ]
    if set(FILM_SCORES) & set(options.scores or ()) and not options.film:
        raise GflaError(
            "warping_error compares frames in the order of time: add --film where the folders hold a film."
        )
    find_face = _face_finder() if options.find_faces else None
    if not options.find_faces:
        offered.remove("face_distance")
    if not options.film:
        offered = [name for name in offered if name not in FILM_SCORES]
    if not options.find_poses:
        offered = [name for name in offered if name not in ("pckh", "joint_distance")]
    protocols = [find_protocol(name, options.resize) for name in options.protocol]
    judgments = []
    for protocol in protocols:
        generated, truth, sources, origin = _pictures(what, output, options, protocol)
        with _detector(options.find_poses) as detector:
            judgments.append(
                judge(
                    generated,
                    truth,
                    protocol,
                    output,
                    options.scores or offered,
                    real=options.real,
                    inception=inception_file(options.inception, protocol.inception),
                    detector=detector,
                    find_face=find_face,
                    origin=origin,
                )
            )
        if protocol.name in first:
            judgments[-1] = judgments[-1].against(*first[protocol.name])
        if sources is not None:
            copied = judge_copies(
                sources, truth, protocol, output, options.scores or offered, origin, find_face
            )
            judgments[-1:] = [judgments[-1].against("copying", copied), copied]
    write_report(judgments, output, sources)
    print(f"{what}, {len(judgments[0].pairs)} pictures\n\n{table(judgments)}\n")
    print(
        "\n".join(
            [
                *dict.fromkeys(note for judged in judgments for note in judged.notes),
                f"wrote {output}/results.md",
            ]
        )
    )
    return [judged for judged in judgments if not judged.is_copy]


def _pictures(what, output, options, protocol):
    """Folders of generated, true and source pictures, and what the result depends on beyond them."""
    from gfla_tf.evaluation.drawn import FOLDERS, draw_pairs, held_out_pairs
    from gfla_tf.evaluation.network import Network
    from gfla_tf.evaluation.pictures import list_pictures
    from gfla_tf.models.preset_folder import CONFIG
    from gfla_tf.training.networks import is_run

    path = Path(what)
    is_network = is_run(path) or (path / CONFIG).is_file() or any(path.glob("*.h5"))
    if path.is_dir() and not is_network:
        if options.truth is None:
            raise GflaError(f"{what} is a folder of pictures: name the folder of the true ones with --truth.")
        list_pictures(path)
        return path, options.truth, None, {}
    if options.film:
        raise GflaError(
            f"{what} is a network, and --film is for folders of frames: draw them with gfla animate first."
        )
    network = Network(path, options.best)
    chosen = hashlib.sha256(options.pairs.encode()).hexdigest()[:4] if options.pairs else "all"
    drawn = output / f"drawn_{protocol.file_format}_{network.digest[:8]}_{chosen}_{options.count or 'all'}"
    if network.task.name == "pose":
        pairs = held_out_pairs(network, options.data, options.count, options.pairs)
        draw_pairs(network, pairs, drawn, protocol.file_format)
    else:
        from gfla_tf.evaluation.published_tests import draw_tests

        draw_tests(network, options.data, drawn, protocol.file_format, options.count)
    generated, truth, source = (drawn / name for name in FOLDERS)
    source = source if source.is_dir() else None  # films are drawn from one picture
    return generated, truth, source, {"network": {"name": network.what, "digest": network.digest}}


def _detector(wanted):
    import contextlib

    if not wanted:
        return contextlib.nullcontext()
    from gfla_tf.inference.detectors.pose_detector import PoseDetector

    return PoseDetector()


def _face_finder():
    from gfla_tf.inference.detectors.face_detector import MeshFaceDetector

    return MeshFaceDetector()
