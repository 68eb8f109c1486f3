"""The page in headless Chromium, served by this machine."""

import contextlib
import tempfile
import threading
import time
from pathlib import Path

from gfla_tf.errors import GflaError
from gfla_tf.page.server import page_server
from gfla_tf.page.site import write_site

SHOWN = "document.getElementById('loading').hidden && document.getElementById('engine').textContent !== ''"
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PATIENCE = 120  # seconds


def add_page(parser):
    """Adds --model and --browser."""
    parser.add_argument("--model", type=Path, help="the page's network (default: the one that ships)")
    parser.add_argument(
        "--browser", default="/usr/bin/chromium", help="path of Chromium (default: %(default)s)"
    )


@contextlib.contextmanager
def page_in_browser(browser, model=None, flags=()):
    """Writes and serves the page, and opens a browser.

    Args:
        browser: path of Chromium.
        model: as for `write_site`.
        flags: more words of Chromium's command line.

    Yields:
        Playwright's browser, the page's address (on the CPU), and the folder with its files.
    """
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name:
        write_site(name, model)
        server = page_server(name)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=[*FLAGS, *flags])
            yield chromium, f"http://127.0.0.1:{server.server_address[1]}/?accelerator=wasm", Path(name)
            chromium.close()
        server.shutdown()
        server.server_close()


def seconds_to_show(page, address):
    """How long it takes from asking for the page until it shows a picture."""
    begin = time.perf_counter()
    page.goto(address)
    while not page.evaluate(SHOWN):
        if time.perf_counter() - begin > PATIENCE:
            raise GflaError(f"The page showed no picture within {PATIENCE} seconds.")
        time.sleep(0.02)
    return time.perf_counter() - begin
