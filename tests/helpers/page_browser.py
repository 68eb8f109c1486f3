"""A browser before the page: opens it, waits for what it does, and reads what it shows."""

import threading
import time

import cv2
import numpy as np

from gfla_tf.page.server import page_server

FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
SHOWN = "document.getElementById('loading').hidden && document.getElementById('engine').textContent"


class Served:
    """A site on a port of this machine; a context manager."""

    def __init__(self, folder):
        self._server = page_server(folder)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def wait_for(page, condition, seconds=60):
    """Asks until an expression is true; the page's policy forbids Playwright's own way, which evaluates text in it."""
    until = time.monotonic() + seconds
    while not (value := page.evaluate(f"() => {condition}")):
        assert time.monotonic() < until, f"not within {seconds} s: {condition}; {page.told[-5:]}"
        time.sleep(0.05)
    return value


def source_of(page, which="source"):
    """The picture (H, W, 3) uint8 that the network was given, or the "photo" that was cut out, and the pose in it."""
    page.evaluate("() => repose.emptied()")
    source = page.evaluate(
        """(which) => { const {picture, pose} = repose[which]();
        return {data: Array.from(picture.data), width: picture.width, height: picture.height, pose}; }""",
        which,
    )
    rgba = np.array(source["data"], np.uint8).reshape(source["height"], source["width"], 4)
    return rgba[..., :3], np.array(source["pose"], np.float32)


def drawn(page, pose):
    """What the page's network draws of a pose, (H, W, 3) uint8."""
    height, width = source_of(page)[0].shape[:2]
    data = page.evaluate("async (pose) => Array.from(await repose.draw(pose))", np.asarray(pose).tolist())
    return np.array(data, np.uint8).reshape(height, width, 4)[..., :3]


def shown(page):
    """What the canvas shows, (H, W, 3), float."""
    picture = page.locator("#picture").screenshot()
    return cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(float)


def alert(page):
    wait_for(page, "!document.getElementById('alert').hidden")
    return page.inner_text("#alert-text")


def still(page):
    """Waits until what was asked for is on the canvas, before the photo without its person."""
    page.evaluate("() => repose.emptied()")
    page.evaluate(
        "async () => { for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame); await repose.draw(repose.pose()); }"
    )
    page.evaluate("async () => { for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame); }")
