"""The dataset: endless people of MakeHuman's body in natural poses, with exact flow between any two frames of one person."""

import dataclasses

import cv2
import numpy as np

from gfla_tf.data.bleeding import bled
from gfla_tf.errors import GflaError
from gfla_tf.synthetic.bodies import correspondence
from gfla_tf.synthetic.bodies.frame import render
from gfla_tf.synthetic.bodies.motions import DANCES, draw_moment, draw_motion
from gfla_tf.synthetic.bodies.person import Person, draw_person, seen_from_afar
from gfla_tf.synthetic.bodies.random_poses import draw_pose
from gfla_tf.synthetic.bodies.scene import Scene, draw_scene
from gfla_tf.synthetic.bodies.sensor import photographed
from gfla_tf.synthetic.bodies.shape import ANCESTRIES
from gfla_tf.synthetic.identity_source import SPLITS, SyntheticSource
from gfla_tf.synthetic.people.clips import joined

_PERSON, _SCENE, _FRAME, _CLIP, _SENSOR, _OUTLINE = range(16, 22)  # apart from the keys of the drawn people
FRAMES_PER_SECOND = 15
# What the outlines by which colors are carried outward miss, at most, of the picture's height.
OUTLINE_ERROR = 0.01
_TEXTURED = 256  # height of the pictures that the textures are made for
# Degrees from facing the camera, and how often people are seen so.
_VIEWS = {0: 5.5, 35: 3.6, 70: 1.2, 110: 0.5, 180: 0.7}


@dataclasses.dataclass(frozen=True)
class Identity:
    """A `Person` before a `Scene`."""

    person: Person
    scene: Scene


class SyntheticBodies(SyntheticSource):
    """Rendered people; everything is a pure function of (seed, split, identity, frame index) on one kind of processor.

    Args:
        image_size, split, seed: see `SyntheticSource`.
        noise: strengths of blur, sensor noise and compression in the source and in the target of a pair: a network that is
            trained towards clean targets learns to carry texture, and one trained towards noise learns to blur it.

    Raises:
        GflaError: the body cannot be fetched, or no C++ compiler is found; the sentence names the drawn people.

    Example:
        >>> pair = SyntheticBodies((256, 192)).pair(0, 0, 1)
        >>> pair["flow"].shape
        (256, 192, 2)
    """

    def __init__(self, image_size=(256, 192), split="train", seed=0, noise=(1.0, 0.0)):
        super().__init__(image_size, split, seed)
        self.noise = tuple(noise)

    def _rng(self, identity, purpose, index=0):
        key = (self.seed, SPLITS[self.split], identity, purpose, index)
        if any(not 0 <= int(number) < 2**64 for number in key):
            raise GflaError(
                f"Random key {key}: seeds, identities and indices must lie between 0 and 2^64 - 1."
            )
        words = [word for number in key for word in (int(number) % 2**32, int(number) // 2**32)]
        return np.random.default_rng(np.random.SeedSequence(words))

    def _draw_identity(self, number):
        person = draw_person(self._rng(number, _PERSON))
        factor = 2 ** max(0, round(np.log2(_TEXTURED / self.image_size[0])))
        if factor > 1:
            person = seen_from_afar(person, factor)
        scene = draw_scene(self._rng(number, _SCENE), self.image_size, person.shape.height)
        return Identity(person, scene)

    def traits(self, identity):
        """What a person is like, so that errors can be told apart by it: who is served well and who is not.

        Returns:
            dict of sex ("female" or "male"); age, weight, muscle (0 to 1); height (decimeters); ancestry (the largest share's
            name); skin (mean brightness of the face, 0 to 1); hair (style); bottom (trousers, skirt or dress); top (kind, or
            None); outer, hat, glasses, bag (bool).
        """
        person = self._identity(identity).person
        shape, outfit = person.shape, person.outfit
        return {
            "sex": "female" if shape.female else "male",
            "age": shape.age, "weight": shape.weight, "muscle": shape.muscle, "height": shape.height,
            "ancestry": ANCESTRIES[int(np.argmax(shape.ancestry))],
            "skin": person.tone, "hair": person.hair.style, "bottom": outfit.bottom.kind,
            "top": outfit.top.kind if outfit.top else None,
            "outer": outfit.outer is not None, "hat": outfit.hat is not None, "glasses": outfit.glasses is not None,
            "bag": outfit.bag is not None,
        }  # fmt: skip

    def frame(self, identity, index):
        """Frame `index` (any integer from 0) of a person (any integer from 0): a `Frame` with a clean image."""
        one, rng = self._identity(identity), self._rng(identity, _FRAME, index)
        pose = draw_moment(rng) if rng.random() < 0.75 else draw_pose(rng)
        offset = np.clip(rng.normal(0, (0.9, 0.7)), -2, 2)
        return render(one.person, pose.turned(_draw_view(rng)), one.scene, offset)

    def photo(self, frame, identity, index, strength):
        """(H, W, 3) uint8: a frame's image as a camera of that strength of noise takes it."""
        return photographed(frame.image, self._rng(identity, _SENSOR, index), strength)

    def bled(self, photo, person, identity, index):
        """(H, W, 3) uint8: a photo with its person's colors carried outward, by an outline a little wrong, as networks see it."""
        rng = self._rng(identity, _OUTLINE, index)
        side = int(rng.integers(0, OUTLINE_ERROR * len(photo) + 1)) * 2 + 1
        change = cv2.dilate if rng.random() < 0.5 else cv2.erode
        outline = change(person.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
        return bled(photo, outline)

    def flow(self, source, target):
        """Flow from target to source and its visibility, see `correspondence.flow`."""
        return correspondence.flow(source, target)

    def pair(self, identity, source_index, target_index):
        """Two frames of one person before one background, and the flow between them.

        Returns:
            dict of source_image, target_image (H, W, 3) uint8; source_keypoints, target_keypoints (18, 3) float32;
            source_person, target_person (H, W) bool; source_part, target_part (H, W) int8 numbers in `PARTS`, -1 behind the
            person; flow (H, W, 2) float32 and visibility (H, W) bool.
        """
        source, target = self.frame(identity, source_index), self.frame(identity, target_index)
        flow, visibility = self.flow(source, target)
        return {
            "source_image": self.photo(source, identity, source_index, self.noise[0]),
            "target_image": self.photo(target, identity, target_index, self.noise[1]),
            "source_keypoints": source.keypoints, "target_keypoints": target.keypoints,
            "source_person": source.person, "target_person": target.person,
            "source_part": source.part, "target_part": target.part,
            "flow": flow, "visibility": visibility,
        }  # fmt: skip

    def clip(self, identity, index, length):
        """Clip `index` of a dancing or walking person: a `Clip` of `length` frames and a reference frame before it.

        The frames are those of a 15 Hz camera that stands still; the reference is an earlier moment of the same motion.
        """
        if length < 1:
            raise GflaError(f"A clip cannot have {length} frames: give it at least one.")
        one, rng = self._identity(identity), self._rng(identity, _CLIP, index)
        motion, mirrored, _ = draw_motion(rng, DANCES)
        view, pace = _draw_view(rng), rng.uniform(0.75, 1.2) / FRAMES_PER_SECOND
        begin, before = rng.uniform(0, motion.length), int(rng.integers(12, 46))
        moments = [0, *range(before, before + length)]
        offset, frames = rng.normal(0, 0.6, 2), []
        for moment in moments:
            time = begin + moment * pace
            travel = motion.travel(time, mirrored, view)
            frames.append(
                render(one.person, motion.pose(time, mirrored).turned(view), one.scene, offset + travel)
            )
        return joined(frames, correspondence.flow)


def _draw_view(rng):
    """Radians about the vertical."""
    weights = np.array(list(_VIEWS.values()))
    view = rng.choice(list(_VIEWS), p=weights / weights.sum()) * rng.choice([-1, 1])
    return np.deg2rad(view + rng.uniform(-22, 22))
