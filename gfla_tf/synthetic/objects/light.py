"""The light of an object's renders: it stands still while the camera goes around, so that colors turn with the object."""

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True)
class Light:
    """A bright sky and a lamp; towards: (3,) unit vector to the lamp in the object's axes; sky and lamp: their brightness."""

    towards: np.ndarray
    sky: float
    lamp: float

    def shade(self, normal):
        """(n,) factor on the colors of surfaces with (3, n) normals."""
        a, b, c = self.towards.tolist()
        facing = normal[0] * a + normal[1] * b + normal[2] * c
        above = np.float32(0.5) + np.float32(0.5) * normal[1]
        # A lamp of some size reaches surfaces that turn a little away from it.
        lamp = np.maximum(facing * np.float32(1 / 1.3) + np.float32(0.3 / 1.3), 0)
        return np.float32(0.5) + np.float32(self.sky) * above + np.float32(self.lamp) * lamp


def draw_light(draws):
    towards = np.array([draws.uniform(-0.5, 0.5), draws.uniform(0.6, 1.0), draws.uniform(-0.4, 0.6)])
    towards = towards / math.sqrt(towards @ towards)
    return Light(towards, draws.uniform(0.22, 0.3), draws.uniform(0.28, 0.4))
