"""What the page's first picture costs: kilobytes, and seconds cold and warm, in headless Chromium on this machine.

    python -m benchmarks.first_picture --model people_256_keypoints_float16.tflite

Kilobytes are of everything asked for before the first picture, and gzipped, as servers send it. Cold is a browser that has never
seen the page, warm the same one opening it again. The median of --rounds is printed.
"""

import argparse
import gzip
import statistics
import tempfile
import threading
import time
from pathlib import Path

from gfla_tf.errors import GflaError, user_errors
from gfla_tf.page.server import page_server
from gfla_tf.page.site import write_site

SHOWN = "document.getElementById('loading').hidden && document.getElementById('engine').textContent !== ''"
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PATIENCE = 120  # seconds


def seconds_to_show(page, address):
    """How long it takes from asking for the page until it shows a picture."""
    begin = time.perf_counter()
    page.goto(address)
    while not page.evaluate(SHOWN):
        if time.perf_counter() - begin > PATIENCE:
            raise GflaError(f"The page showed no picture within {PATIENCE} seconds.")
        time.sleep(0.02)
    return time.perf_counter() - begin


def measure(chromium, address, folder):
    """Names of the files before the first picture, seconds cold, seconds warm."""
    context = chromium.new_context()
    asked, page = [], context.new_page()
    context.on("request", lambda request: asked.append(request.url.partition("?")[0]))
    cold = seconds_to_show(page, address)
    files = {
        url.removeprefix(address.partition("?")[0]) or "index.html" for url in asked if url.startswith("http")
    }
    until = time.perf_counter() + PATIENCE
    while not page.evaluate("Boolean(navigator.serviceWorker.controller)") and time.perf_counter() < until:
        time.sleep(0.1)
    warm = seconds_to_show(page, address)
    context.close()
    return sorted(name for name in files if (folder / name).is_file()), cold, warm


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="the page's network (default: the one that ships)")
    parser.add_argument(
        "--browser", default="/usr/bin/chromium", help="path of Chromium (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    options = parser.parse_args()
    with user_errors(), tempfile.TemporaryDirectory() as name:
        from playwright.sync_api import sync_playwright

        folder = Path(name)
        write_site(folder, options.model)
        server = page_server(folder)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/?accelerator=wasm"
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=options.browser, args=FLAGS)
            rounds = [measure(chromium, address, folder) for _ in range(options.rounds)]
            chromium.close()
        files = rounds[0][0]
        sizes = {file: len(gzip.compress((folder / file).read_bytes(), 9)) for file in files}
        for file, size in sorted(sizes.items(), key=lambda one: -one[1]):
            print(f"{size / 1e3:9.1f} kB  {file}")
        cold, warm = (statistics.median(one[which] for one in rounds) for which in (1, 2))
        print(
            f"{sum(sizes.values()) / 1e3:9.1f} kB in all; first picture after {cold:.1f} s cold, {warm:.1f} s warm"
        )


if __name__ == "__main__":
    main()
