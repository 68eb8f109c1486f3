"""What is printed on shirts: words, numbers, badges and small pictures."""

import cv2
import numpy as np

from gfla_tf.synthetic.bodies import palette
from gfla_tf.synthetic.bodies.textures import SIZE

WORDS = ("ALPHA", "NORTH", "07", "LUNA", "SURF", "23", "MOVE", "RIO", "ECHO", "99", "VOLT", "KIND", "OSLO", "88", "PEAK", "JAZZ",
         "ATLAS", "BREEZE", "CLUB 54", "DELTA", "FJORD", "GRAND", "HARBOR", "MILES", "NOVA", "ORBIT", "PACIFIC", "RUNNER", "11",
         "STUDIO", "TERRA", "UNION", "WILD", "10", "COAST", "TEAM")  # fmt: skip
_FONTS = (
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def print_on(sheet, rng, height, color):
    """Prints something on a `Sheet`, in the middle (the chest), at a height in decimeters from its top."""
    kind = rng.choice(
        ["word", "lines", "disc", "star", "bar", "picture", "badge"], p=[0.3, 0.16, 0.1, 0.06, 0.1, 0.18, 0.1]
    )
    scale = SIZE / sheet.width
    aspect = SIZE / sheet.height / scale  # pixels need not be square
    center = np.array([SIZE // 2, int(height * SIZE / sheet.height)])
    if kind == "badge":
        center = center + np.array([0.7 * scale, -0.3 * scale * aspect]).astype(int)
    draw = {"word": _word, "lines": _lines, "disc": _disc, "star": _star, "bar": _bar, "picture": _picture}
    draw.get(str(kind), _badge)(sheet, rng, center, scale, aspect, np.float32(color))


def _letters(sheet, rng, center, text, width, scale, color, font):
    """Writes a text so many decimeters wide."""
    (pixels, _), _ = cv2.getTextSize(text, font, 1.0, 2)
    size = width * scale / pixels
    thickness = max(1, int(size * 2.6))
    (pixels, height), _ = cv2.getTextSize(text, font, size, thickness)
    layer = np.zeros((SIZE, SIZE), np.uint8)
    cv2.putText(
        layer,
        text,
        (int(center[0] - pixels // 2), int(center[1] + height // 2)),
        font,
        size,
        255,
        thickness,
        cv2.LINE_AA,
    )
    sheet.paint(layer[..., None] / np.float32(255), color)


def _word(sheet, rng, center, scale, aspect, color):
    text = WORDS[rng.integers(len(WORDS))]
    width = rng.uniform(0.8, 1.4) if len(text) <= 2 else rng.uniform(1.5, 2.5)
    _letters(sheet, rng, center, text, width, scale, color, _FONTS[rng.integers(len(_FONTS))])


def _lines(sheet, rng, center, scale, aspect, color):
    font = _FONTS[rng.integers(len(_FONTS))]
    for line in range(rng.integers(2, 4)):
        text = " ".join(WORDS[i] for i in rng.integers(0, len(WORDS), rng.integers(1, 3)))
        at = center + np.array([0, int(line * 0.48 * scale * aspect)])
        _letters(sheet, rng, at, text, rng.uniform(1.4, 2.2), scale, color, font)


def _shape(sheet, draw, color):
    layer = np.zeros((SIZE, SIZE), np.uint8)
    draw(layer)
    sheet.paint(layer[..., None] / np.float32(255), color)


def _disc(sheet, rng, center, scale, aspect, color):
    radius = rng.uniform(0.45, 0.9)
    axes = (int(scale * radius), int(scale * aspect * radius))
    _shape(
        sheet, lambda layer: cv2.ellipse(layer, center.tolist(), axes, 0, 0, 360, 255, -1, cv2.LINE_AA), color
    )
    if rng.random() < 0.6:
        inside = palette.contrasting(rng, color)
        _letters(sheet, rng, center, WORDS[rng.integers(len(WORDS))], radius * 1.5, scale, inside, _FONTS[0])


def _star(sheet, rng, center, scale, aspect, color):
    angle = np.arange(10) * np.pi / 5 - np.pi / 2
    radius = np.where(np.arange(10) % 2, 0.35, 0.9) * scale * rng.uniform(0.6, 1.0)
    points = np.stack([center[0] + radius * np.cos(angle), center[1] + radius * aspect * np.sin(angle)], 1)
    _shape(sheet, lambda layer: cv2.fillPoly(layer, [points.astype(np.int32)], 255, cv2.LINE_AA), color)


def _bar(sheet, rng, center, scale, aspect, color):
    half = np.array([scale * rng.uniform(0.8, 1.3), scale * aspect * rng.uniform(0.2, 0.4)])
    low, high = (center - half).astype(int).tolist(), (center + half).astype(int).tolist()
    _shape(sheet, lambda layer: cv2.rectangle(layer, low, high, 255, -1), color)
    inside = palette.contrasting(rng, color)
    _letters(
        sheet, rng, center, WORDS[rng.integers(len(WORDS))], half[0] / scale * 1.7, scale, inside, _FONTS[0]
    )


def _picture(sheet, rng, center, scale, aspect, color):
    """A small landscape: sky, sun, hills, sometimes a line of text below."""
    half = np.array([scale * rng.uniform(0.6, 1.0), scale * aspect * rng.uniform(0.5, 0.9)]).astype(int)
    low, high = center - half, center + half
    colors = [palette.thing(rng) for _ in range(4)]
    box = (slice(max(0, low[1]), high[1]), slice(max(0, low[0]), high[0]))
    y, x = np.mgrid[
        0 : 1 : complex(0, high[1] - max(0, low[1])), 0 : 1 : complex(0, high[0] - max(0, low[0]))
    ]
    patch = np.broadcast_to(colors[0], (*y.shape, 3)).copy() * (1.15 - 0.3 * y[..., None])
    patch[np.hypot(x - rng.uniform(0.2, 0.8), y - rng.uniform(0.2, 0.4)) < rng.uniform(0.1, 0.2)] = colors[1]
    for tone, level in ((colors[2], 0.5), (colors[3], 0.72)):
        hills = level + 0.12 * np.sin(x * rng.uniform(4, 12) + rng.uniform(0, 6))
        patch[y > hills] = tone
    sheet.image[box] = patch
    if rng.random() < 0.5:
        at = center + np.array([0, int(half[1] + 0.25 * scale * aspect)])
        _letters(
            sheet, rng, at, WORDS[rng.integers(len(WORDS))], half[0] / scale * 1.8, scale, color, _FONTS[1]
        )


def _badge(sheet, rng, center, scale, aspect, color):
    axes = (int(scale * 0.22), int(scale * aspect * 0.22))
    _shape(
        sheet, lambda layer: cv2.ellipse(layer, center.tolist(), axes, 0, 0, 360, 255, -1, cv2.LINE_AA), color
    )
