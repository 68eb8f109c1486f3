"""What the joints of a data set are worth, looked at while it is prepared: well-formed annotations can carry no information."""

import sys

import numpy as np

from gfla_tf.errors import GflaError

KINDS = ("keypoints", "noisy_keypoints", "points")  # of a record, that are surveyed
WORTHLESS_SHARE = 0.5  # of pictures whose joints say nothing, from which on training on them is refused
OUTSIDE_SHARE = 0.2  # of joints beyond their picture, likewise
_LEAST_SPREAD = 0.02  # of the picture's side, between the joints of a person
_LEAST_REACH = 0.55  # of both sides, that the joints of all pictures take
_ENOUGH = 8  # pictures, to judge a data set by


class Survey:
    """Counts what the joints of a split's records show; `end` tells it and refuses what cannot be trained on.

    Args:
        what: is surveyed, such as "market, train".
        image_size: (height, width) in whose pixels joints are.
        annotated_size: (height, width) in whose pixels they were annotated; of the same proportions, if None.
    """

    def __init__(self, what, image_size, annotated_size=None):
        self.what, self._size = what, np.array(image_size[::-1], float)
        stretched = self._size / (annotated_size or image_size)[::-1]
        self._unswapped = (
            stretched / stretched[::-1]
        )  # what x and y that were swapped before they were scaled have to be times
        self._pictures, self._joints, self._inside, self._swapped = 0, 0, 0, 0
        self._nobody, self._worthless, self._places = 0, [], []

    def add(self, name, keypoints):
        """Looks at one record.

        Args:
            name: of its picture.
            keypoints: (n, 3), or (n, 2) where all are there.
        """
        keypoints = np.asarray(keypoints, float)
        present = keypoints[:, 2] > 0 if keypoints.shape[1] == 3 else np.ones(len(keypoints), bool)
        places = keypoints[present, :2]
        self._pictures += 1
        if not len(places):
            self._nobody += 1
            return
        inside = ((places >= -0.5) & (places < self._size)).all(axis=1)
        self._joints, self._inside = self._joints + len(places), self._inside + int(inside.sum())
        swapped = places[:, ::-1] * self._unswapped
        self._swapped += int(((swapped >= -0.5) & (swapped < self._size)).all(axis=1).sum())
        self._places.append(places.max(axis=0) / self._size)
        spread = float((np.ptp(places, axis=0) / self._size).max())
        if len(places) > 2 and spread < _LEAST_SPREAD:
            self._worthless.append(f"{name} (all joints within {spread:.1%} of the picture)")
        elif not inside.any():
            self._worthless.append(f"{name} (all joints outside of the picture)")

    def end(self):
        """Prints a report to standard error.

        Raises:
            GflaError: half of the pictures show nothing of a person, a fifth of the joints lie outside, x and y seem to be
                swapped, or all joints lie in one corner.
        """
        if not self._pictures:
            return
        mean, share = self._joints / self._pictures, self._inside / max(self._joints, 1)
        told = (
            f"{self.what}: {self._pictures} pictures, {mean:.1f} joints each, {share:.1%} of them inside, "
            f"{self._nobody} pictures without any"
        )
        offenders = "; ".join(self._worthless[:3])
        print(
            told + (f"; worth nothing: {len(self._worthless)}, such as {offenders}" if offenders else ""),
            file=sys.stderr,
        )
        if self._pictures < _ENOUGH and share > 0 and len(self._worthless) < self._pictures:
            return
        reach = np.percentile(self._places, 99, axis=0) if self._places else np.ones(2)
        swapped = self._swapped / max(self._joints, 1)
        bad, example = self._nobody + len(self._worthless), offenders or "those without any joint"
        problems = {
            f"{bad} pictures show nothing of a person, such as {example}": bad
            > WORTHLESS_SHARE * self._pictures,
            f"x and y seem to be swapped: {swapped:.0%} of the joints would be inside instead of {share:.0%}": (
                share < 1 - OUTSIDE_SHARE / 4 and swapped > share + 0.05
            ),
            f"{1 - share:.0%} of the joints lie outside of their pictures: they are of pictures of another size": (
                share < 1 - OUTSIDE_SHARE
            ),
            f"all joints lie in the upper left {reach[0]:.0%} x {reach[1]:.0%}: they are of smaller pictures": (
                (reach < _LEAST_REACH).all()
            ),
        }
        if wrong := next((problem for problem, there in problems.items() if there), None):
            raise GflaError(f"{told}; {wrong}: correct the annotations, see docs/datasets.md.")
