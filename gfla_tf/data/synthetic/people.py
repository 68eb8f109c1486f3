"""The dataset: endless synthetic people in endless poses, with exact flow between any two frames of one person."""

import collections

from gfla_tf.data.synthetic import camera, clips, correspondence, skeleton
from gfla_tf.data.synthetic.appearance import draw_appearance, draw_style
from gfla_tf.data.synthetic.body import draw_body
from gfla_tf.data.synthetic.draws import Draws
from gfla_tf.data.synthetic.frame import render
from gfla_tf.data.synthetic.pose import draw_pose
from gfla_tf.data.synthetic.scene import draw_background, draw_light
from gfla_tf.errors import GflaError

# The split is a part of every random key, so train and test share no stream of random numbers, whatever the seed.
SPLITS = {"train": 0, "test": 1}
_STYLE, _BODY, _APPEARANCE, _SCENE, _FRAME, _CLIP, _MOTION = range(7)
_REMEMBERED = 8

Identity = collections.namedtuple("Identity", "style body appearance light background framing")


class SyntheticPeople:
    """Rendered people; everything is a pure function of (seed, split, identity, frame index).

    Args:
        image_size: (height, width), each at least 16.
        split: "train" or "test"; no identity of one occurs in the other.
        seed: integer in [0, 2^64).
    """

    def __init__(self, image_size=(64, 64), split="train", seed=0):
        if split not in SPLITS:
            raise GflaError(f"split {split!r} does not exist: use one of {', '.join(SPLITS)}.")
        if len(image_size) != 2 or min(image_size) < 16:
            raise GflaError(f"image_size {image_size} must be (height, width), each at least 16 pixels.")
        self.image_size, self.split, self.seed = tuple(int(n) for n in image_size), split, int(seed)
        self._identities = collections.OrderedDict()

    def _draws(self, identity, purpose, index=0):
        return Draws(self.seed, SPLITS[self.split], identity, purpose, index)

    def _identity(self, number):
        if number in self._identities:
            self._identities.move_to_end(number)
            return self._identities[number]
        style = draw_style(self._draws(number, _STYLE))
        body = draw_body(self._draws(number, _BODY), style)
        scene = self._draws(number, _SCENE)
        light, framing = draw_light(scene), camera.draw_framing(scene)
        made = Identity(
            style=style,
            body=body,
            appearance=draw_appearance(self._draws(number, _APPEARANCE), style, body),
            light=light,
            background=draw_background(scene, self.image_size),
            framing=framing,
        )
        self._identities[number] = made
        if len(self._identities) > _REMEMBERED:
            self._identities.popitem(last=False)
        return made

    def frame(self, identity, index):
        """Frame `index` (any integer from 0) of a person (any integer from 0)."""
        person = self._identity(identity)
        draws = self._draws(identity, _FRAME, index)
        parts, joints = skeleton.place(person.body, draw_pose(draws, person.style.freedom))
        to_image, joints = camera.project(parts, joints, person.body, person.framing, self.image_size, draws)
        return render(person.body, person.appearance, person.light, person.background, to_image, joints)

    def clip(self, identity, index, length):
        """Clip `index` (any integer from 0) of a person in motion: a `Clip` of `length` frames and a reference frame."""
        draws = self._draws(identity, _CLIP, index)
        return clips.film(self._identity(identity), draws, self.image_size, length)

    def joints(self, identity, index, length):
        """(length, 18, 3) joints of motion `index` of a person, without pictures, see `clips.trace`."""
        draws = self._draws(identity, _MOTION, index)
        return clips.trace(self._identity(identity), draws, self.image_size, length)

    def flow(self, source, target):
        """Flow from target to source and its visibility, see correspondence.flow."""
        return correspondence.flow(source, target)

    def pair(self, identity, source_index, target_index):
        """Two frames of one person and the flow between them.

        Returns:
            dict of source_image, target_image (H, W, 3) uint8; source_keypoints, target_keypoints (18, 3) float32;
            source_person, target_person (H, W) bool; flow (H, W, 2) float32 and visibility (H, W) bool.
        """
        source, target = self.frame(identity, source_index), self.frame(identity, target_index)
        flow, visibility = self.flow(source, target)
        return {
            "source_image": source.image, "target_image": target.image,
            "source_keypoints": source.keypoints, "target_keypoints": target.keypoints,
            "source_person": source.person, "target_person": target.person,
            "flow": flow, "visibility": visibility,
        }  # fmt: skip
