"""Pairs of views of one object: what networks and losses want of them, their true flow, and those of prepared datasets."""

import numpy as np
import tensorflow as tf

from gfla_tf.data.records import Records, decode_image
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS
from gfla_tf.ops.images import to_float_image

_NEAR = 3.0  # pixels of the source: how far apart surface points may lie that count as the same


def view_inputs(batch):
    """What networks and losses want of pairs of views: float images, the object's mask, and the true flow.

    Args:
        batch: dict of source_NAME and target_NAME for image (batch, H, W, 3) uint8 and view (batch, channels); of rendered
            views also for mask, point, normal, position and to_image, see
            `gfla_tf.synthetic.objects.rendered_views.render_views`.

    Returns:
        dict of source_image, target_image, source_view, target_view; of rendered views also target_person (batch, H, W, 1), 1
        where the target shows the object, flow (batch, H, W, 2) in pixels and visibility (batch, H, W, 1); float32.
    """
    result = {f"{role}_image": to_float_image(batch[f"{role}_image"]) for role in ("source", "target")}
    result |= {f"{role}_view": batch[f"{role}_view"] for role in ("source", "target")}
    if "target_point" not in batch:
        return result
    flow, visibility = true_flow(batch)
    mask = tf.cast(batch["target_mask"], tf.float32)[..., None]
    return {**result, "target_person": mask, "flow": flow, "visibility": visibility}


def true_flow(batch):
    """Flow from target to source: where the source's camera sees the target's surface points, and whether it does.

    A point counts as visible where its face looks at the camera and one of the four source pixels around its projection shows
    a place of the surface that is at most three pixels away from it. (The exact test, which casts a ray for every point, is
    `gfla_tf.synthetic.objects.correspondence`.)

    Args:
        batch: of source_mask, source_point, source_position, source_to_image, target_mask, target_point and target_normal.

    Returns:
        flow (batch, H, W, 2) float32 in pixels, 0 on the background, and visibility (batch, H, W, 1) float32.
    """
    source_mask, target_mask, source_to_image = (
        batch[name] for name in ("source_mask", "target_mask", "source_to_image")
    )
    source_point, target_point, normal = (
        tf.cast(batch[name], tf.float32) for name in ("source_point", "target_point", "target_normal")
    )
    towards = batch["source_position"][:, None, None] - target_point
    faces = tf.reduce_sum(normal * towards, axis=-1) > 0
    height, width = target_mask.shape[1:3]
    projected = tf.einsum("bij,bhwj->bhwi", source_to_image[..., :3], target_point)
    projected += source_to_image[:, None, None, :, 3]
    depth = projected[..., 2]
    x, y = projected[..., 0] / depth, projected[..., 1] / depth
    # A pixel's extent at the distance 1: the rows of to_image hold the camera's axes times the focal length.
    focal = tf.norm(source_to_image[:, 1, :3] - (height - 1) / 2 * source_to_image[:, 2, :3], axis=-1)[
        :, None, None
    ]
    near = _NEAR * depth / focal
    seen = tf.zeros_like(target_mask)
    left, top = tf.floor(x), tf.floor(y)
    for dx in (0, 1):
        for dy in (0, 1):
            column = tf.clip_by_value(tf.cast(left, tf.int32) + dx, 0, width - 1)
            row = tf.clip_by_value(tf.cast(top, tf.int32) + dy, 0, height - 1)
            place = row * width + column
            found = tf.gather(_flat(source_point), _flat(place), batch_dims=1)
            apart = tf.norm(tf.reshape(found, tf.shape(target_point)) - target_point, axis=-1)
            shows = tf.reshape(
                tf.gather(_flat(source_mask), _flat(place), batch_dims=1), tf.shape(target_mask)
            )
            seen |= shows & (apart < near)
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    columns, rows = tf.range(width, dtype=tf.float32), tf.range(height, dtype=tf.float32)[:, None]
    flow = tf.stack([x - columns, y - rows], axis=-1)
    flow = tf.where(target_mask[..., None], flow, 0.0)
    return flow, tf.cast(seen & faces & inside & target_mask, tf.float32)[..., None]


def _flat(x):
    """(batch, H, W, ...) as (batch, H * W, ...)."""
    return tf.reshape(x, [-1, x.shape[1] * x.shape[2], *x.shape[3:]])


class ViewPairSamples:
    """The views that ShapeNet's list names, by number, each as the source of a pair.

    The target is any of the views of the same model at the same elevation whose azimuth is an even number of tens of degrees: of
    18 times once the source itself.

    Args:
        builder: as `gfla_tf.data.prepared.prepare` returns it.
        split: "train" or "test".
    """

    def __init__(self, builder, split):
        self._records = Records(builder, split)
        self._shape = (*builder.builder_config.image_size, 3)
        targets, counts = np.array([sizes for _, *sizes in self._records.metadata["groups"]], np.int64).T
        with tf.device("CPU:0"):
            self._sources = tf.constant(self._records.metadata["sources"], tf.int64)
            self._targets = tf.constant(targets)
            self._begins = tf.constant(np.cumsum(counts) - counts)

    def __len__(self):
        return len(self._sources)

    def is_intact(self, number, seed):
        """Whether both views of a pair can be read, a scalar bool tensor, see `Records.are_intact`."""
        return self._records.are_intact(tf.stack([self._sources[number], self._target(number, seed)]))

    def sample(self, number, seed):
        """dict of source_image, target_image (H, W, 3) uint8 and source_view, target_view (21,), see `gfla_tf.keypoints.views`.

        Args:
            number: scalar int64 tensor.
            seed: (2,) int64 tensor, which decides the target.
        """
        sample = {}
        for role, record in (("source", self._sources[number]), ("target", self._target(number, seed))):
            parsed = tf.io.parse_single_example(
                self._records.read(record),
                {
                    "image": tf.io.FixedLenFeature((), tf.string),
                    "azimuth": tf.io.FixedLenFeature((), tf.int64),
                    "elevation": tf.io.FixedLenFeature((), tf.int64),
                },
            )
            sample[f"{role}_image"] = decode_image(parsed["image"], self._shape)
            one_hot = (
                tf.one_hot(parsed["azimuth"], len(AZIMUTHS)),
                tf.one_hot(parsed["elevation"], len(ELEVATIONS)),
            )
            sample[f"{role}_view"] = tf.concat(one_hot, axis=0)
        return sample

    def _target(self, number, seed):
        group = tf.searchsorted(self._begins, self._sources[number][None], side="right")[0] - 1
        drawn = tf.random.stateless_uniform((), seed, dtype=tf.float64)
        count = tf.cast(self._targets[group], tf.float64)
        return self._begins[group] + tf.cast(drawn * count, tf.int64)
