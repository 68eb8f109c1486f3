"""Finds the poses of photos or of a film and writes them as OpenPose JSON, one file for each picture.

    gfla poses walk.mp4 walk_poses
    gfla poses people/anna people/anna

A film's files are numbered from 00000; a photo's file has its name. A picture without anybody has a file without a person.
Joints are OpenPose's 18, in pixels, as they were found: nothing is smoothed or filled in. docs/poses.md has the form.
"""

from pathlib import Path

from gfla_tf.cli.parser import command_parser
from gfla_tf.errors import user_errors


def main(arguments=None):
    """Runs `gfla poses`."""
    parser = command_parser("poses", __doc__)
    parser.add_argument("source", type=Path, help="film, or folder of photos")
    parser.add_argument("out", type=Path, metavar="POSES", help="folder for the JSON files")
    parser.add_argument(
        "--pose-model", type=Path, metavar="FILE", help="the detector's network (default: fetched once)"
    )
    options = parser.parse_args(arguments)
    with user_errors():
        from gfla_tf.inference.preparation.prepare import pose_finder
        from gfla_tf.inference.preparation.raw_poses import write_poses

        count, found = write_poses(options.source, options.out, pose_finder(options.pose_model))
        print(f"{found} of {count} pictures show somebody: {options.out}/*.json")
