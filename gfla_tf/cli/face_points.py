"""Finds the 68 points of a face in every frame of a video, or of a folder of frames, and writes a text file for each.

    gfla face-points talk.mp4 points --frames frames
    gfla face-points frames points --predictor shape_predictor_68_face_landmarks.dat

A file has 68 lines "x,y" in pixels of its frame, in dlib's order, and the frame's name with .txt; frames of a video are
numbered from 00000. Points are found with dlib where --predictor is given, else with MediaPipe; see docs/faces.md.
"""

import os

from gfla_tf.cli.parser import add_person, command_parser
from gfla_tf.errors import user_errors


def main(arguments=None):
    """The command line; see `gfla face-points --help`."""
    parser = command_parser("face-points", __doc__)
    parser.add_argument("source", metavar="VIDEO|FOLDER", help="video, or folder of frames")
    parser.add_argument("out", metavar="POINTS", help="folder for the text files")
    parser.add_argument(
        "--frames", metavar="FOLDER", help="also write the frames as PNG, under the same names"
    )
    parser.add_argument(
        "--predictor", metavar="PATH", help="dlib's 68-point predictor: finds points with dlib"
    )
    add_person(parser)
    options = parser.parse_args(arguments)
    with user_errors():
        from gfla_tf.inference.detectors.face_detector import DlibFaceDetector, MeshFaceDetector
        from gfla_tf.inference.point_files import find_points

        if options.predictor:
            detector = DlibFaceDetector(options.predictor)
        else:
            detector = MeshFaceDetector()
        with detector as detect:
            count, lost = find_points(
                options.source, options.out, detect.faces, options.frames, options.person
            )
        print(f"{count} frames: {os.path.join(options.out, '*.txt')}{f' ({lost})' if lost else ''}")
