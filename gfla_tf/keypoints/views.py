"""The views of view synthesis: 18 azimuths and 3 elevations, each one-hot, one behind the other. NumPy only.

Azimuth 0 sees the object's front; the camera moves to the object's left, so that azimuth 90 sees its left side and 180 its
back. Elevation is the camera's height above the horizon.
"""

import numpy as np

AZIMUTHS = tuple(range(0, 360, 20))  # degrees
ELEVATIONS = (0, 10, 20)
VIEW_CHANNELS = len(AZIMUTHS) + len(ELEVATIONS)


def view_codes(azimuth, elevation):
    """What the networks take for a view: (..., 21) float32 from the numbers (..., integers) of its azimuth and elevation."""
    azimuth, elevation = np.broadcast_arrays(azimuth, elevation)
    one_hot = np.eye(len(AZIMUTHS), dtype=np.float32), np.eye(len(ELEVATIONS), dtype=np.float32)
    return np.concatenate([one_hot[0][azimuth], one_hot[1][elevation]], axis=-1)
