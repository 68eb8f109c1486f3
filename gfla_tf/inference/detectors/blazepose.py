"""Finds people, their 33 points and their outlines, by MediaPipe's pose networks on plain LiteRT; nothing leaves the machine.

"BlazePose: On-device Real-time Body Pose tracking" (arXiv 2006.10204): a detector finds the middle of the hips and a circle
around each body (section 2.2); the square around that circle, turned until the person is upright, goes to a second network, which
finds the points (section 2.4) and the outline. In a film the points of one frame say where the square of the next one is. The
numbers of anchors, thresholds and margins are those of MediaPipe's published graphs; a test compares the points with MediaPipe's.
"""

from typing import NamedTuple

import numpy as np

from gfla_tf.inference.detectors import ssd
from gfla_tf.inference.detectors.networks import Network
from gfla_tf.inference.detectors.pose_points import BODY_POINTS, CENTER, EDGE, read_points, refined
from gfla_tf.inference.detectors.regions import Region, around, cut, overlap, paste, to_picture, whole_picture

STRIDES = (8, 16, 32, 32, 32)  # of the detector's grids
LEAST_SCORE = 0.5  # of a detection
LEAST_PRESENCE = 0.5  # of a person in a region
SAME_BOX = 0.3  # detections that overlap more are of one person
SAME_REGION = 0.5  # a region that overlaps a followed person's more is that person's
MARGIN = 1.25  # the region's size by the circle's diameter
LOOK_EVERY = 15  # frames of a film between looks for newcomers, while someone is followed


class PersonFound(NamedTuple):
    """A person in a picture.

    Attributes:
        points: (33, 5) float32: x, y in pixels (the center of the first pixel is 0), z in pixels towards the back from the hips,
            visibility and presence as probabilities; the order is MediaPipe's `PoseLandmark`.
        presence: probability that the region shows a person.
        region: the square that the points were found in.
        outline: (256, 256) float32: the probability that a place of the region shows the person.
        number: of the person in a film, from 0, the same as long as it is followed.
        next_region: where to look in the next frame.
    """

    points: np.ndarray
    presence: float
    region: Region
    outline: np.ndarray
    number: int
    next_region: Region

    def mask(self, image_size):
        """The probability that each pixel shows the person, (height, width) float32 for the picture's (height, width)."""
        return paste(self.outline, self.region, image_size)


class PeopleFinder:
    """Finds people in photos, or follows them through a film.

    >>> finder = PeopleFinder(read_pose_networks())
    >>> people = finder.find(photo)
    >>> for frame in film:
    ...     people = finder.follow(frame)

    Args:
        networks: `Networks`, see `gfla_tf.inference.detectors.network_files`.
        most: number of people to look for.
        threads: on which the networks run.

    Raises:
        GflaError: LiteRT cannot load the networks, or they are others.
    """

    def __init__(self, networks, most=4, threads=2):
        self._detector, self._points = (
            Network(networks.detector, 2, networks.origin, threads),
            Network(networks.points, 5, networks.origin, threads),
        )
        self._anchors = ssd.anchors(self._detector.size, STRIDES)
        self._most = most
        self.forget()

    def forget(self):
        """The next frame that `follow` is given is of another film."""
        self._followed, self._frames, self._numbers, self._alone = [], 0, 0, False

    def find(self, image):
        """The people of a uint8 RGB picture (H, W, 3), the likeliest first: list of at most `most` `PersonFound`."""
        regions = self._look(image)
        found = [self._person(image, region, number) for number, region in enumerate(regions[: self._most])]
        return [person for person in found if person is not None]

    def follow(self, image):
        """The people of the next frame of a film; those who were there before come first."""
        people = [self._person(image, person.next_region, person.number) for person in self._followed]
        people = _apart([person for person in people if person is not None])
        looks = not self._alone and self._frames % LOOK_EVERY == 0 and len(people) < self._most
        if not people or looks:
            for region in self._look(image):
                known = any(overlap(region, person.region) > SAME_REGION for person in people)
                if known or len(people) == self._most:
                    continue
                person = self._person(image, region, self._numbers)
                if person is not None:
                    self._numbers += 1
                    people = _apart([*people, person])
        self._followed, self._frames, self._alone = people, self._frames + 1, self._alone and bool(people)
        return people

    def follow_only(self, number):
        """From the next frame on `follow` sees one person alone, as long as that person is there: others cost time."""
        self._followed = [person for person in self._followed if person.number == number]
        self._alone = bool(self._followed)

    def outline(self, image, region):
        """The probability that each pixel of a uint8 RGB picture (H, W, 3) shows the person of a region, (H, W) float32."""
        return paste(ssd.sigmoid(self._run(image, region)[2][..., 0]), region, image.shape[:2])

    def _look(self, image):
        """The regions of all people whom the detector sees."""
        everything = whole_picture(image.shape[:2])
        picture = cut(image, everything, self._detector.size, black=True).astype(np.float32) / 127.5 - 1
        raw, logits = self._detector(picture)
        likely = ssd.decode(raw, logits[:, 0], self._anchors, self._detector.size, LEAST_SCORE)
        found = ssd.blend(*likely, SAME_BOX)
        circles = [to_picture(one.points[:2], everything) for one in found]
        return [around(*circle, MARGIN) for circle in circles]

    def _person(self, image, region, number):
        """The `PersonFound` of a region, or None if it shows nobody."""
        size = self._points.size
        raw, presence, outline, heat_maps, _ = self._run(image, region)
        if presence[0] < LEAST_PRESENCE:
            return None
        points = refined(read_points(raw, size), heat_maps)
        points[:, :2] = to_picture(points[:, :2], region)
        points[:, 2] *= region.size
        next_region = around(points[CENTER, :2], points[EDGE, :2], MARGIN)
        points[:, :2] -= 0.5  # from edges to centers of pixels
        return PersonFound(
            points[:BODY_POINTS],
            float(presence[0]),
            region,
            ssd.sigmoid(outline[..., 0]),
            number,
            next_region,
        )

    def _run(self, image, region):
        return self._points(cut(image, region, self._points.size).astype(np.float32) / 255)


def _apart(people):
    """The people without those whose points are nearly those of one before them: two regions that slid onto one person."""
    kept = []
    for person in people:
        if all(overlap(person.next_region, other.next_region) <= SAME_REGION for other in kept):
            kept.append(person)
    return kept
