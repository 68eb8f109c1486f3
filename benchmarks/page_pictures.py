"""The pictures of the page in the documentation: `python -m benchmarks.page_pictures --model FILE` writes them into docs/."""

import argparse
from pathlib import Path

import cv2
import numpy as np

from benchmarks.browser import add_page, page_in_browser, seconds_to_show
from gfla_tf.errors import user_errors
from gfla_tf.files import write_whole

DOCS = Path(__file__).parents[1] / "docs"
# Name: size of the window, pixels to one of its own, colors, the sample, and where the left wrist is dragged to.
PICTURES = {
    "page_desktop": ((1280, 860), 1, "light", 1, (46, -110)),
    "page_phone": ((390, 844), 2, "dark", 3, (30, -60)),
}
# Until a sample has been taken.
TAKEN = """async (index) => {
  while (document.querySelectorAll("#people button")[index].ariaPressed !== "true") await new Promise(requestAnimationFrame);
}"""


def picture(chromium, address, size, scale, colors, sample, way):
    """A screenshot, (H, W, 3) uint8, of a sample whose left wrist was dragged by `way`."""
    viewport = {"width": size[0], "height": size[1]}
    context = chromium.new_context(viewport=viewport, device_scale_factor=scale, color_scheme=colors)
    page = context.new_page()
    seconds_to_show(page, address)
    page.click("#reset")
    page.click(f"#people button >> nth={sample}")
    page.evaluate(TAKEN, sample)
    page.evaluate("() => repose.emptied()")
    box = page.locator("[data-joint=left_wrist] .dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + way[0], y + way[1], steps=4)
    page.mouse.up()
    page.mouse.move(5, 5)
    page.evaluate("() => repose.emptied()")
    page.evaluate("async () => { for (let i = 0; i < 4; i++) await repose.draw(repose.pose()); }")
    shot = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    context.close()
    return shot


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_page(parser)
    options = parser.parse_args()
    with user_errors(), page_in_browser(options.browser, options.model) as (chromium, address, _):
        for name, settings in PICTURES.items():
            shot = picture(chromium, address, *settings)
            _, jpeg = cv2.imencode(".jpg", shot, [cv2.IMWRITE_JPEG_QUALITY, 82])
            write_whole(DOCS / f"{name}.jpg", jpeg.tobytes())


if __name__ == "__main__":
    main()
