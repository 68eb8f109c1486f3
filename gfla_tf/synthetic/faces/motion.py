"""How one identity moves: smooth turns of the head, speech, blinks and glances, as functions of the frame's index."""

import math

import numpy as np

from gfla_tf.synthetic.faces.expression import Expression

# The joint on which the head turns.
PIVOT = (0.0, 0.72, -0.3)
# Placements are rounded to this grid (pixels), so that last-digit differences of sin and cos between CPUs vanish.
_GRID = 2.0**14


def _swing(draws, reach, shortest, longest):
    """A smooth function of time, within about +-reach: two sines of random periods, in frames."""
    waves = [
        (share * reach, draws.uniform(shortest, longest) * period, draws.uniform(0, 2 * math.pi))
        for share, period in ((0.75, 1.0), (0.25, 0.45))
    ]

    def at(t):
        return sum(size * math.sin(2 * math.pi * t / period + phase) for size, period, phase in waves)

    return at


class Motion:
    """Poses and expressions of one identity at any frame index."""

    def __init__(self, draws):
        self._yaw = _swing(draws, draws.uniform(0.3, 0.62), 45, 90)
        self._pitch = _swing(draws, draws.uniform(0.1, 0.24), 40, 80)
        self._roll = _swing(draws, draws.uniform(0.05, 0.2), 50, 90)
        self._x = _swing(draws, draws.uniform(0.05, 0.2), 60, 110)
        self._y = _swing(draws, draws.uniform(0.02, 0.08), 40, 90)
        self._near = _swing(draws, draws.uniform(0.0, 0.06), 70, 140)
        self._talk = _swing(draws, 1.2, 45, 75)
        self._syllable = _swing(draws, 1.0, 7, 11)
        self._vowel = _swing(draws, draws.uniform(0.1, 0.26), 11, 19)
        self._smile = _swing(draws, draws.uniform(0.03, 0.07), 60, 120)
        self._good_mood = draws.uniform(-0.005, 0.06)
        self._brows = _swing(draws, 0.09, 35, 70)
        self._loud = draws.uniform(0.15, 0.3)
        self._blink = draws.uniform(24, 48), draws.uniform(0, 48)
        self._gaze = _swing(draws, 0.05, 24, 50), _swing(draws, 0.02, 24, 50)

    def expression(self, t):
        talk = min(1.0, max(0.0, self._talk(t) + 0.7))
        jaw = self._loud * talk * max(0.0, 0.35 + 0.75 * self._syllable(t))
        every, first = self._blink
        away = abs((t + first) % every - every / 2)
        return Expression(
            *_rounded(
                jaw,
                1 + talk * self._vowel(t),
                self._good_mood + self._smile(t),
                max(-0.02, self._brows(t)),
                max(0.0, min(1.0, 1.5 - away / 2.2)),
            ),
            gaze=tuple(_rounded(max(-0.05, min(0.05, self._gaze[0](t))), self._gaze[1](t))),
        )

    def places(self, t, framing, image_size):
        """(bones, 3, 4) maps of torso, neck and head (`neck_and_ears.BONES`) to (x, y, depth away) in pixels, before rounding."""
        height, width = image_size
        scale = framing.size * min(height, width) * (1 + self._near(t))
        yaw, pitch, roll = self._yaw(t), self._pitch(t), self._roll(t)
        x, y = self._x(t), self._y(t)
        placed = []
        # How much of the head's turn and shift each bone follows.
        for turn, tilt, shift in ((0.12, 0.0, 0.6), (0.45, 0.45, 0.9), (1.0, 1.0, 1.0)):
            rotation = _rotation(turn * yaw, tilt * pitch, tilt * roll)
            pivot = np.array(PIVOT)
            offset = pivot - rotation @ pivot + (shift * x, shift * y, 0)
            bone = np.concatenate([rotation, offset[:, None]], axis=1) * scale
            bone[2] *= -1  # depth grows away from the camera
            bone[0, 3] += (width - 1) * (0.5 + framing.x)
            bone[1, 3] += (height - 1) * (0.5 + framing.y)
            placed.append(bone)
        return np.array(placed)


def rounded_maps(maps):
    """Affine maps on a grid of 2^-14 pixels."""
    return np.round(maps * _GRID) / _GRID


def _rounded(*values):
    return [round(value * _GRID) / _GRID for value in values]


def _rotation(yaw, pitch, roll):
    """Turns to the right of the picture, then nods down, then leans to the right, in radians."""
    c, s = math.cos(yaw), math.sin(yaw)
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    c, s = math.cos(pitch), math.sin(pitch)
    nod = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
    c, s = math.cos(roll), math.sin(roll)
    lean = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return lean @ nod @ turn
