"""Opens a page on which the person of a photo moves as a film, your webcam or your finger says; in the browser, on this device.

    gfla page
    gfla page --model people.tflite
    gfla page --model people.tflite --output site

Without --output it serves the page on this machine and prints its address; Ctrl-C ends it. With --output it writes the page as
a folder of files that any web server can serve, see docs/page.md. The model is a file that gfla convert --keypoints wrote. The
first call builds the page, which needs Node.js.
"""

import tempfile
from pathlib import Path

from gfla_tf.cli.parser import command_parser
from gfla_tf.errors import user_errors


def main(arguments=None):
    """The command line; see `gfla page --help`."""
    parser = command_parser("page", __doc__)
    parser.add_argument(
        "--model", type=Path, help="the .tflite of a pose network (default: the one that ships)"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write the page there instead of serving it"
    )
    parser.add_argument("--port", type=int, default=8000, help="of the page (default: %(default)s)")
    parser.add_argument(
        "--pose-model",
        default="lite",
        help="finds people: full, lite, or a pose_landmarker_*.task (default: lite)",
    )
    options = parser.parse_args(arguments)
    with user_errors():
        from gfla_tf.page.server import page_server
        from gfla_tf.page.site import write_site

        if options.output:
            write_site(options.output, options.model, options.pose_model)
            print(options.output)
            return
        with tempfile.TemporaryDirectory(prefix="gfla-page-") as folder:
            write_site(folder, options.model, options.pose_model)
            server = page_server(folder, options.port)
            print(f"http://127.0.0.1:{server.server_address[1]}/ is the page; Ctrl-C ends it", flush=True)
            server.serve_forever()
