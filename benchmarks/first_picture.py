"""What the page's first picture costs: kilobytes, and seconds cold and warm, in headless Chromium on this machine.

    python -m benchmarks.first_picture --model people_256_keypoints_float16.tflite

Kilobytes are of everything asked for before the first picture, and gzipped, as servers send it. Cold is a browser that has never
seen the page, warm the same one opening it again. The median of --rounds is printed.
"""

import argparse
import gzip
import statistics
import time

from benchmarks.browser import PATIENCE, add_page, page_in_browser, seconds_to_show
from gfla_tf.errors import user_errors


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
    add_page(parser)
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    options = parser.parse_args()
    with user_errors(), page_in_browser(options.browser, options.model) as (chromium, address, folder):
        rounds = [measure(chromium, address, folder) for _ in range(options.rounds)]
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
