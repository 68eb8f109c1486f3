"""What a face does: the mouth opens, brows rise, eyes blink. Skin moves with it, and both directions have a closed form.

`rest` positions are those of the face with closed mouth and open eyes: material points, on which everything is painted.
`now` positions are where they are in one frame. Depth z never changes.
"""

import dataclasses

import numpy as np

from gfla_tf.synthetic.faces.blending import bump

# What a point on the head belongs to; each moves in its own way, see `surface.Head`.
SKIN, LID, EYE, MOUTH = range(4)

_SIDE = 0.6  # from here on outwards the width of the mouth moves nothing
_REACH = 0.35  # nor from so far above or below it


@dataclasses.dataclass(frozen=True)
class Expression:
    """jaw: how far the lips part in the middle; width: of the mouth, 1 at rest; smile: how far its corners rise; brows: how
    far they rise; blink: 0 open to 1 closed; gaze: (x, y) offset of the irises. Lengths in units of the head."""

    jaw: float = 0.0
    width: float = 1.0
    smile: float = 0.0
    brows: float = 0.0
    blink: float = 0.0
    gaze: tuple = (0.0, 0.0)


def eyelids(anatomy, x, blink):
    """Upper end of the eye's opening, edge of the upper lid, lower end, at rest positions x; equal outside the eyes."""
    a = anatomy
    place = (np.abs(x) - a.eye_x) * (1 / a.eye_width)
    arch = np.maximum(1 - place * place, 0)
    middle = a.eye_y - a.slant * place
    top = middle - a.eye_height * arch
    bottom = middle + 0.62 * a.eye_height * arch
    return top, top + (bottom - top) * blink, bottom


class Warp:
    """Maps the skin of an anatomy from rest to an Expression and back."""

    def __init__(self, anatomy, expression):
        self.anatomy, self.expression = anatomy, expression
        a = anatomy
        self._forehead, self._lashes = a.brow_y - 0.3, a.eye_y - 1.3 * a.eye_height
        self._half = a.mouth_width * expression.width
        self._drop = 0.75 * expression.jaw

    def lips(self, x):
        """Lower end of the upper lip and upper end of the lower lip at float32 `now` positions x; equal beyond the corners."""
        e, a = self.expression, self.anatomy
        share = x * (1 / self._half)
        share *= share
        opening = np.maximum(1 - share, 0)
        beyond = np.maximum(np.abs(x) - self._half, 0) * (1 / 0.3)
        corner = a.mouth_y - e.smile * np.minimum(share, 1) * np.maximum(1 - beyond, 0)
        return corner - 0.15 * e.jaw * opening, corner + 0.85 * e.jaw * opening

    def _brow(self, x):
        a, e = self.anatomy, self.expression
        return a.brow_y - e.brows * bump(((np.abs(x) - a.eye_x) * (1 / 0.4)) ** 2)

    def _stretch(self, y):
        """Factor on widths inside the mouth at rest height y."""
        away = (y - self.anatomy.mouth_y) * (1 / _REACH)
        return 1 + (self.expression.width - 1) * bump(away * away)

    def forward(self, x, y):
        """float32 (x, y) at rest to now."""
        a = self.anatomy
        across, factor = np.abs(x), self._stretch(y)
        corner = factor * a.mouth_width
        outer = corner + (across - a.mouth_width) * ((_SIDE - corner) * (1 / (_SIDE - a.mouth_width)))
        across = np.where(across < a.mouth_width, across * factor, np.where(across < _SIDE, outer, across))
        x = np.where(x < 0, -across, across)
        upper, lower = self.lips(x)
        brow = self._brow(x)
        up = _bend(y, (self._forehead, a.brow_y, self._lashes), (self._forehead, brow, self._lashes))
        up = np.where(
            y > a.nose_y, a.nose_y + (y - a.nose_y) * (upper - a.nose_y) / (a.mouth_y - a.nose_y), up
        )
        down = lower + (np.minimum(y, 1) - a.mouth_y) * (1 + self._drop - lower) / (1 - a.mouth_y)
        down += np.maximum(y - 1, 0)
        return x, np.where(y > a.mouth_y, down, up)

    def inverse(self, x, y):
        """float32 (x, y) now to rest, and where they are inside the mouth."""
        a = self.anatomy
        upper, lower = self.lips(x)
        inside = (y > upper) & (y < lower)
        brow = self._brow(x)
        up = _bend(y, (self._forehead, brow, self._lashes), (self._forehead, a.brow_y, self._lashes))
        top = np.minimum(y, upper) - a.nose_y
        up = np.where(y > a.nose_y, a.nose_y + top * ((a.mouth_y - a.nose_y) / (upper - a.nose_y)), up)
        chin = 1 + self._drop
        down = a.mouth_y + (np.minimum(y, chin) - lower) * ((1 - a.mouth_y) / (chin - lower))
        down += np.maximum(y - chin, 0)
        y = np.where(y >= lower, down, up)
        across, corner = np.abs(x), self._stretch(y) * a.mouth_width
        inner = across * (a.mouth_width / corner)
        outer = a.mouth_width + (across - corner) * ((_SIDE - a.mouth_width) / (_SIDE - corner))
        across = np.where(across < corner, inner, np.where(across < _SIDE, outer, across))
        return np.where(x < 0, -across, across), y, inside


def _bend(y, knots, images):
    """Piecewise linear: the three `knots` go to `images`, the same outside the first and the last."""
    (a, b, c), (p, q, r) = knots, images
    left = p + (y - a) * ((q - p) / (b - a))
    right = q + (y - b) * ((r - q) / (c - b))
    return np.where((y > a) & (y < c), np.where(y < b, left, right), y)
