"""Serves a folder to this machine alone, with the headers that the page wants."""

import functools
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from gfla_tf.errors import GflaError, reason_of

# The same as in the page itself, which any server may serve.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
        ".tflite": "application/octet-stream",
    }

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-cache")  # kept, and asked about
        super().end_headers()

    def log_message(self, *_):
        pass


def page_server(folder, port=0):
    """A server of 127.0.0.1 for the files of a folder; `serve_forever` runs it, `server_address[1]` is its port.

    Raises:
        GflaError: the port is taken.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), functools.partial(_Handler, directory=str(folder)))
    except (OSError, OverflowError) as error:
        raise GflaError(f"Port {port} cannot be used ({reason_of(error)}): give another --port.") from error
    server.daemon_threads = True
    return server
