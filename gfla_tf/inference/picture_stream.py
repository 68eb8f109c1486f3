"""Pictures as they come, on a page of this machine: MJPEG over HTTP, from 127.0.0.1 alone."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2

from gfla_tf.errors import GflaError, reason_of

_PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>gfla live</title><style>body{margin:0;background:#181818;display:grid;place-items:center;min-height:100vh}
img{max-width:100%;height:auto}</style><img src="/stream" alt="The camera, and the person of the photo who follows it">"""
_POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
_QUALITY = 88


class PictureStream:
    """A page that shows the latest picture; a context manager.

    >>> with PictureStream(8000) as page:
    ...     page.show(picture)

    Args:
        port: of 127.0.0.1; 0 for any that is free.

    Attributes:
        address: of the page.

    Raises:
        GflaError: the port is taken.
    """

    def __init__(self, port):
        self._news, self._jpeg, self._number, self._open = threading.Condition(), None, 0, True
        stream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/stream":
                    stream._serve(self)
                elif self.path == "/":
                    self._answer(_PAGE)
                else:
                    self.send_error(404)

            def _answer(self, page):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Content-Security-Policy", _POLICY)
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        except (OSError, OverflowError) as error:
            raise GflaError(
                f"Port {port} cannot be used ({reason_of(error)}): give another --port."
            ) from error
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def show(self, picture):
        """Shows a uint8 RGB picture (H, W, 3) to whoever looks."""
        _, jpeg = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        with self._news:
            self._jpeg, self._number = jpeg.tobytes(), self._number + 1
            self._news.notify_all()

    def _serve(self, handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        handler.send_header("Cache-Control", "no-store")
        handler.end_headers()
        seen = 0
        try:
            while True:
                with self._news:
                    self._news.wait_for(lambda: self._number > seen or not self._open)  # noqa: B023
                    if not self._open:
                        return
                    jpeg, seen = self._jpeg, self._number
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                handler.wfile.write(head.encode() + jpeg + b"\r\n")
        except OSError:
            pass  # the page was closed

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        with self._news:
            self._open = False
            self._news.notify_all()
        self._server.shutdown()
        self._server.server_close()
