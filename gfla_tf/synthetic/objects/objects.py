"""The dataset: endless synthetic cars and chairs from 18 azimuths and 3 elevations, with exact flow between any two views."""

import collections

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS, view_codes
from gfla_tf.synthetic.identity_source import SyntheticSource
from gfla_tf.synthetic.objects import correspondence
from gfla_tf.synthetic.objects.camera import Rig
from gfla_tf.synthetic.objects.cars import draw_car
from gfla_tf.synthetic.objects.chairs import draw_chair
from gfla_tf.synthetic.objects.light import draw_light
from gfla_tf.synthetic.objects.view import render

KINDS = {"cars": draw_car, "chairs": draw_chair}
_SHAPE, _LIGHT = range(2)

Thing = collections.namedtuple("Thing", "solids light rig")


class SyntheticObjects(SyntheticSource):
    """Rendered objects; everything is a pure function of (seed, split, kind, identity, azimuth, elevation).

    Args:
        kind: one of KINDS.
        image_size, split, seed: as for `SyntheticSource`.
    """

    def __init__(self, kind="cars", image_size=(64, 64), split="train", seed=0):
        if kind not in KINDS:
            raise GflaError(f"There are no synthetic {kind}: use one of {', '.join(KINDS)}.")
        super().__init__(image_size, split, seed)
        self.kind = kind

    def _draw_identity(self, number):
        kind = list(KINDS).index(self.kind)
        solids = KINDS[self.kind](self._draws(number, kind, _SHAPE))
        light = draw_light(self._draws(number, kind, _LIGHT))
        return Thing(solids, light, Rig(solids, self.image_size))

    def view(self, identity, azimuth, elevation):
        """The View of an object (any integer from 0) from an azimuth and an elevation, by their numbers.

        Raises:
            GflaError: there is no such azimuth or elevation.
        """
        if not (0 <= azimuth < len(AZIMUTHS) and 0 <= elevation < len(ELEVATIONS)):
            raise GflaError(
                f"View ({azimuth}, {elevation}) does not exist: azimuths are numbered 0 to {len(AZIMUTHS) - 1}, "
                f"elevations 0 to {len(ELEVATIONS) - 1}."
            )
        thing = self._identity(identity)
        return render(thing.solids, thing.light, thing.rig.camera(azimuth, elevation), self.image_size)

    def flow(self, identity, source, target):
        """Flow from the View `target` to the View `source` of an object and its visibility, see correspondence.flow."""
        return correspondence.flow(self._identity(identity).solids, source, target)

    def pair(self, identity, source, target):
        """Two views of one object and the flow between them.

        Args:
            identity: any integer from 0.
            source, target: (azimuth, elevation), by their numbers.

        Returns:
            dict of source_image, target_image (H, W, 3) uint8; source_view, target_view (21,) float32; target_mask (H, W) bool,
            the pixels that show the object; flow (H, W, 2) float32 and visibility (H, W) bool.
        """
        views = [self.view(identity, *place) for place in (source, target)]
        flow, visibility = self.flow(identity, *views)
        return {
            "source_image": views[0].image, "target_image": views[1].image,
            "source_view": view_codes(*source), "target_view": view_codes(*target),
            "target_mask": views[1].mask, "flow": flow, "visibility": visibility,
        }  # fmt: skip
