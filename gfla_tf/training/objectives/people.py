"""Losses of a network that keeps texture: those of pairs, and those of its masks, roles and outline."""

import tensorflow as tf
from keras import ops

from gfla_tf.losses.perceptual import lpips_loss
from gfla_tf.losses.terms import TEXTURE_TERMS
from gfla_tf.losses.texture import alpha_error, kept_pixels, mask_error, role_error
from gfla_tf.training.objectives.image import PairObjective


class PeopleObjective(PairObjective):
    """What `gfla_tf.models.people_generator.PeopleGenerator` is trained on.

    Batches hold, besides what `PairObjective` wants, for the terms masks, roles and alpha: flow, visibility, source_person and
    target_person. flow_error also judges flow_0, the flow of pixels, twice. lpips compares one square of each image, of
    `perceptual_crop` pixels, somewhere in the picture, for it costs more than the network.

    Args:
        generator, features, stage, window_sigma: see `ImageObjective`.
    """

    def __init__(self, generator, features, stage, window_sigma):
        super().__init__(generator, features, stage, window_sigma, "pose")
        self.weights |= {term: getattr(stage, term) for term in TEXTURE_TERMS}
        self.crop = stage.perceptual_crop

    def terms(self, batch, outputs, step):
        terms, wanted = super().terms(batch, outputs, step), self.wanted
        if "masks" in wanted:
            masks = {level: outputs[f"mask_{level}"] for level in self.levels}
            terms["masks"] = sum(mask_error(m, batch["visibility"], level) for level, m in masks.items())
        if "generated" not in outputs:
            return terms
        person = batch.get("target_person")
        if "flow_error" in wanted:
            terms["flow_error"] += 2 * _pixel_error(outputs["flow_0"], batch)
        if "roles" in wanted:
            kept = kept_pixels(batch["source_image"], batch["target_image"], batch["source_person"], person)
            terms["roles"] = role_error(outputs["roles"], batch["visibility"], kept, person)
        if "alpha" in wanted:
            terms["alpha"] = alpha_error(outputs["alpha"], person)
        if "drawn" in wanted:
            difference = ops.abs(outputs["drawn"] - batch["target_image"])
            if person is not None:
                difference = difference * (1 + self.person_weight * person)
            terms["drawn"] = ops.mean(difference)
        if "lpips" in wanted:
            terms["lpips"] = self._lpips(batch, outputs["generated"], step)
        return terms

    def _lpips(self, batch, generated, step):
        target, size = batch["target_image"], tuple(generated.shape[1:3])
        if "target_person" in batch:  # what stands behind people is not to be learned
            generated = ops.where(batch["target_person"] > 0.5, generated, target)
        side = [min(self.crop, extent) for extent in size]
        step = tf.cast(step, tf.int32)
        corner = [
            tf.random.stateless_uniform([], [axis, step], 0, extent - length + 1, tf.int32)
            for axis, (extent, length) in enumerate(zip(size, side, strict=True))
        ]
        crops = [tf.slice(images, [0, *corner, 0], [-1, *side, 3]) for images in (generated, target)]
        drawn, wanted = (self.features(images, None) for images in crops)
        layers = list(self.features.linear)
        return lpips_loss(
            [drawn[name] for name in layers],
            [ops.stop_gradient(wanted[name]) for name in layers],
            [self.features.linear[name] for name in layers],
        )


def _pixel_error(flow, batch):
    """Mean end-point error over the visible pixels, in pixels."""
    visible = batch["visibility"][..., 0]
    distance = ops.sqrt(ops.sum(ops.square(flow - batch["flow"]), axis=-1) + 1e-6)
    return ops.sum(distance * visible) / ops.maximum(ops.sum(visible), 1.0)
