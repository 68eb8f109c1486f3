"""The dataset: endless synthetic people in endless poses, with exact flow between any two frames of one person."""

import collections

from gfla_tf.synthetic.identity_source import SyntheticSource
from gfla_tf.synthetic.people import camera, clips, correspondence, skeleton
from gfla_tf.synthetic.people.appearance import draw_appearance, draw_style
from gfla_tf.synthetic.people.body import draw_body
from gfla_tf.synthetic.people.frame import render
from gfla_tf.synthetic.people.pose import draw_pose
from gfla_tf.synthetic.people.scene import draw_background, draw_light

_STYLE, _BODY, _APPEARANCE, _SCENE, _FRAME, _CLIP, _MOTION = range(7)

Identity = collections.namedtuple("Identity", "style body appearance light background framing")


class SyntheticPeople(SyntheticSource):
    """Rendered people; everything is a pure function of (seed, split, identity, frame index). Arguments: `SyntheticSource`."""

    def _draw_identity(self, number):
        style = draw_style(self._draws(number, _STYLE))
        body = draw_body(self._draws(number, _BODY), style)
        scene = self._draws(number, _SCENE)
        light, framing = draw_light(scene), camera.draw_framing(scene)
        return Identity(
            style=style,
            body=body,
            appearance=draw_appearance(self._draws(number, _APPEARANCE), style, body),
            light=light,
            background=draw_background(scene, self.image_size),
            framing=framing,
        )

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
