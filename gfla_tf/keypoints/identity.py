"""Who is followed through a film: one person, or one face, however many others a frame shows."""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.pose_files import main_person

SIDES = ("left", "right", "largest")
_REACH = 0.6  # of the subject's own size, that it may move from where it is expected
_REACH_PER_FRAME = 0.1  # more for each frame in which it was not seen
_GROWTH = 2.0  # that its size may change by
_INERTIA = 0.5  # of its velocity, from frame to frame


class Follower:
    """Chooses the person of each frame who continues the track: by a tracker's number, else by place and size.

    The first frame with anybody decides who it is: the main person (`main_person`), or whom `choice` says. A frame in which
    nobody is near enough to where the subject is expected gives None: a false detection far away is not followed. The longer the
    subject is away, the farther off it may come back.

    Args:
        choice: None, one of `SIDES`, or a number: a tracker's where the file has these, else counted from the left, from 0.

    Attributes:
        frames: how many were given.
        lost: [(first, last)] frames without the subject, after it was first seen.

    Raises:
        GflaError: there is no such choice.
    """

    def __init__(self, choice=None):
        text = str(choice) if choice is not None else None
        if (
            text is not None
            and text not in SIDES
            and not (text.isascii() and text.isdigit() and len(text) < 10)
        ):
            raise GflaError(f"--person is {text}: it must be {', '.join(SIDES)}, or a number from 0.")
        self.choice = int(text) if text is not None and text.isdigit() else text
        self.frames, self.lost = 0, []
        self._last, self._number, self._velocity, self._missing = None, None, np.zeros(2), 0

    def __call__(self, people):
        """Keypoints of the subject, or None.

        Args:
            people: list of `gfla_tf.keypoints.pose_formats.Found` of the next frame.
        """
        frame, self.frames = self.frames, self.frames + 1
        people = [person for person in people if (person.keypoints[:, 2] > 0).any()]
        if self._last is None:
            found = self._first(people)
        else:
            found = self._continuing(people)
            if found is None:
                self._miss(frame)
                return None
        if found is None:
            return None
        self._take(found)
        return found.keypoints

    def told(self):
        """When the subject was lost, for a report: an empty string, or such as "not found in frames 12-30, 44"."""
        spans = [f"{a}" if a == b else f"{a}-{b}" for a, b in self.lost]
        if not spans:
            return ""
        plural = "" if len(spans) == 1 and self.lost[0][0] == self.lost[0][1] else "s"
        more = f" and {len(spans) - 5} times more" if len(spans) > 5 else ""
        return f"not found in frame{plural} {', '.join(spans[:5])}{more}"

    def _first(self, people):
        if not people:
            return None
        if self.choice is None:
            best = main_person([person.keypoints for person in people])
            return next(person for person in people if person.keypoints is best)
        if self.choice == "largest":
            return max(people, key=lambda person: _extent(person.keypoints))
        across = sorted(people, key=lambda person: _middle(person.keypoints)[0])
        if self.choice in SIDES:
            return across[0 if self.choice == "left" else -1]
        if any(person.number is not None for person in people):
            return next((person for person in people if person.number == self.choice), None)
        return across[self.choice] if self.choice < len(across) else None

    def _continuing(self, people):
        if self._number is not None:
            same = next((person for person in people if person.number == self._number), None)
            if same is not None:
                return same
        size = max(_extent(self._last), 1.0)
        moved = self._velocity * (1 + self._missing)
        limit = size / np.hypot(*self._velocity) if np.any(self._velocity) else np.inf
        expected = self._last[:, :2] + moved * min(1.0, limit / (1 + self._missing))
        reach, growth = _REACH + _REACH_PER_FRAME * self._missing, _GROWTH * (1 + 0.05 * self._missing)
        best, least = None, np.inf
        for person in people:
            both = (person.keypoints[:, 2] > 0) & (self._last[:, 2] > 0)
            if both.any():
                away = np.median(np.hypot(*(person.keypoints[both, :2] - expected[both]).T)) / size
            else:
                away = np.hypot(*(_middle(person.keypoints) - _middle(self._last) - moved)) / size
            ratio = max(_extent(person.keypoints), 1.0) / size
            if both.sum() < 3:  # a part of the body says nothing about its size
                ratio = 1.0
            if away <= reach and 1 / growth <= ratio <= growth and away < least:
                best, least = person, away
        return best

    def _take(self, found):
        if self._last is not None:
            both = (found.keypoints[:, 2] > 0) & (self._last[:, 2] > 0)
            if both.any():
                step = np.median(found.keypoints[both, :2] - self._last[both, :2], axis=0) / (
                    1 + self._missing
                )
                self._velocity = _INERTIA * self._velocity + (1 - _INERTIA) * step
        self._last, self._missing = found.keypoints, 0
        self._number = found.number if found.number is not None else self._number

    def _miss(self, frame):
        self._missing += 1
        if self.lost and self.lost[-1][1] == frame - 1:
            self.lost[-1] = (self.lost[-1][0], frame)
        else:
            self.lost.append((frame, frame))


def _places(keypoints):
    return keypoints[keypoints[:, 2] > 0, :2]


def _middle(keypoints):
    return np.median(_places(keypoints), axis=0)


def _extent(keypoints):
    return float(np.hypot(*np.ptp(_places(keypoints), axis=0)))
