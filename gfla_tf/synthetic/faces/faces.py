"""The dataset: endless synthetic faces that turn and talk, with exact flow between any two frames of one identity."""

import collections
import dataclasses

from gfla_tf.errors import GflaError
from gfla_tf.synthetic.faces import correspondence
from gfla_tf.synthetic.faces.anatomy import draw_anatomy
from gfla_tf.synthetic.faces.appearance import draw_appearance
from gfla_tf.synthetic.faces.frame import render
from gfla_tf.synthetic.faces.motion import Motion
from gfla_tf.synthetic.faces.neck_and_ears import NeckAndEars
from gfla_tf.synthetic.identity_source import SyntheticSource
from gfla_tf.synthetic.people.clips import joined
from gfla_tf.synthetic.people.scene import draw_background, draw_light

_ANATOMY, _APPEARANCE, _SCENE, _MOTION, _CLIP = range(
    100, 105
)  # apart from the purposes of the synthetic people

Identity = collections.namedtuple(
    "Identity", "anatomy appearance neck_and_ears light background framing motion"
)


@dataclasses.dataclass(frozen=True)
class Framing:
    """size: pixels per unit of the head, as a share of the image's shorter side; x, y: shift of the head from the middle, as
    shares of the image."""

    size: float
    x: float
    y: float


class SyntheticFaces(SyntheticSource):
    """Rendered faces; everything is a pure function of (seed, split, identity, frame index). Arguments: `SyntheticSource`.

    Consecutive indices are consecutive frames of a film of 25 frames a second.
    """

    def _draw_identity(self, number):
        appearance_draws, scene = self._draws(number, _APPEARANCE), self._draws(number, _SCENE)
        feminine = appearance_draws.chance(0.5)
        anatomy, appearance = (
            draw_anatomy(self._draws(number, _ANATOMY), feminine),
            draw_appearance(appearance_draws, feminine),
        )
        return Identity(
            anatomy=anatomy,
            appearance=appearance,
            neck_and_ears=NeckAndEars(anatomy, appearance.cut, appearance.hat),
            light=draw_light(scene),
            framing=Framing(
                scene.uniform(0.30, 0.36), scene.uniform(-0.04, 0.04), scene.uniform(-0.04, 0.02)
            ),
            background=draw_background(scene, self.image_size),
            motion=Motion(self._draws(number, _MOTION)),
        )

    def frame(self, identity, index):
        """Frame `index` (any integer from 0) of a face (any integer from 0)."""
        face = self._identity(identity)
        bones = face.motion.places(index, face.framing, self.image_size)
        expression = face.motion.expression(index)
        return render(
            face.anatomy, face.appearance, face.neck_and_ears, face.light, face.background, bones, expression
        )

    def flow(self, source, target):
        """Flow from target to source and its visibility, see correspondence.flow."""
        return correspondence.flow(source, target)

    def clip(self, identity, index, length):
        """Clip `index` (any integer from 0) of a face: a `Clip` of `length` frames and a reference, 12 to 45 frames before."""
        if length < 1:
            raise GflaError(f"A clip cannot have {length} frames: give it at least one.")
        draws = self._draws(identity, _CLIP, index)
        reference = int(draws.uniform(0, 10_000))
        start = reference + int(draws.uniform(12, 46))
        frames = [self.frame(identity, time) for time in (reference, *range(start, start + length))]
        return joined(frames, correspondence.flow)
