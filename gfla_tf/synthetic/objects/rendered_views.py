"""Rendered views of synthetic objects held in memory: what training of view synthesis draws its pairs from."""

import numpy as np

from gfla_tf.data.pairs import PairBank
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS, view_codes
from gfla_tf.synthetic.objects import SyntheticObjects
from gfla_tf.synthetic.parallel import parallel_map
from gfla_tf.synthetic.rng import Draws

VIEWS = len(AZIMUTHS) * len(ELEVATIONS)  # there are of an object


def views_of(seed, identity, count):
    """`count` different views (azimuth, elevation), by their numbers, in an order that differs from object to object."""
    order = np.argsort(Draws(seed, identity).array(VIEWS), kind="stable")[:count]
    return [divmod(int(number), len(ELEVATIONS)) for number in order]


def _render(arguments):
    objects, identity, count = arguments
    places = views_of(objects.seed, identity, count)
    views = [objects.view(identity, *place) for place in places]
    return {
        "image": np.stack([view.image for view in views]),
        "mask": np.stack([view.mask for view in views]),
        "view": np.stack([view_codes(*place) for place in places]),
        # In half precision: a thousandth of the object, and half the memory.
        "point": np.stack([view.point for view in views]).astype(np.float16),
        "normal": np.stack([view.normal for view in views]).astype(np.float16),
        "position": np.stack([view.camera.position for view in views]).astype(np.float32),
        "to_image": np.stack([view.camera.to_image for view in views]).astype(np.float32),
    }


def render_views(kind, image_size, split, seed, identities, frames):
    """Renders `frames` random views of each of `identities` synthetic objects on all cores.

    Returns:
        `PairBank` whose frames have image (H, W, 3) uint8, view (21,) float32, mask (H, W) bool, the pixels that show the
        object, and what the flow follows from: point and normal (H, W, 3) float16, position (3,) and to_image (3, 4)
        float32, see `gfla_tf.synthetic.objects.View` and its Camera.
    """
    objects = SyntheticObjects(kind, image_size, split, seed)
    jobs = [(objects, identity, frames) for identity in range(identities)]
    rendered = parallel_map(_render, jobs, f"rendering {kind}", "object")
    return PairBank({name: np.stack([one[name] for one in rendered]) for name in rendered[0]})
