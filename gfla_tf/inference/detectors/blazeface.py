"""Finds faces and the 468 points of their meshes, by MediaPipe's face networks on plain LiteRT; nothing leaves the machine.

"BlazeFace" (arXiv 1907.05047) finds boxes and six points of each face; the square around a box, turned until the eyes are level,
goes to the network of "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs" (arXiv 1907.06724). The numbers of
anchors, thresholds and margins are those of MediaPipe's published graphs.
"""

import math

import numpy as np

from gfla_tf.inference.detectors import ssd
from gfla_tf.inference.detectors.networks import Network
from gfla_tf.inference.detectors.regions import Region, cut, to_picture, whole_picture

STRIDES = (8, 16, 16, 16)  # of the detector's grids
LEAST_SCORE = 0.5  # of a detection
LEAST_PRESENCE = 0.5  # of a face in a region
SAME_BOX = 0.3  # detections that overlap more are of one face
MARGIN = 1.5  # the region's size by the box's


class FaceFinder:
    """Finds faces in pictures.

    >>> for mesh in FaceFinder(read_face_networks()).find(photo):
    ...     mesh[33, :2]  # the outer corner of the right eye

    Args:
        networks: `Networks`, see `gfla_tf.inference.detectors.network_files`.
        most: number of faces to look for.

    Raises:
        GflaError: LiteRT cannot load the networks, or they are others.
    """

    def __init__(self, networks, most=4):
        self._detector = Network(networks.detector, 2, networks.origin)
        self._points = Network(networks.points, 2, networks.origin)
        self._anchors, self._most = ssd.anchors(self._detector.size, STRIDES), most

    def find(self, image):
        """The faces of a uint8 RGB picture (H, W, 3), the likeliest first.

        Returns:
            list of (468, 3) float32: x, y in pixels (the center of the first pixel is 0) and z in pixels towards the back.
        """
        everything, size = whole_picture(image.shape[:2]), self._detector.size
        picture = cut(image, everything, size, black=True).astype(np.float32) / 127.5 - 1
        raw, logits = self._detector(picture)
        likely = ssd.decode(raw, logits[:, 0], self._anchors, size, LEAST_SCORE)
        found = ssd.blend(*likely, SAME_BOX)[: self._most]
        meshes = [self._mesh(image, region_of(one, everything)) for one in found]
        return [mesh for mesh in meshes if mesh is not None]

    def _mesh(self, image, region):
        size = self._points.size
        raw, presence = self._points(cut(image, region, size).astype(np.float32) / 255)
        if ssd.sigmoid(presence.reshape(-1)[0]) < LEAST_PRESENCE:
            return None
        mesh = raw.reshape(-1, 3) / np.float32(size)
        mesh[:, :2] = to_picture(mesh[:, :2], region) - 0.5
        mesh[:, 2] *= region.size
        return mesh


def region_of(detection, everything):
    """The region of the picture around a detection in the region `everything`; level are the first two points, the eyes."""
    low, high = to_picture(detection.box.reshape(2, 2), everything)
    right_eye, left_eye = to_picture(detection.points[:2], everything)
    across, up = left_eye[0] - right_eye[0], right_eye[1] - left_eye[1]
    size = MARGIN * max(high - low)
    return Region(*((low + high) / 2), float(size), -math.atan2(up, across))
