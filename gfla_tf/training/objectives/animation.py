"""Losses of animations: clips of which each frame is drawn from a reference (TIP 2020, section 4).

Batches are those of `gfla_tf.data.clips.clip_inputs`: T consecutive frames of each of several clips. All outputs are
(batch, T, ...). Terms are sums over the T frames and means over the rest; the adversarial terms count once, as published.
"""

import keras
from keras import ops

from gfla_tf.models.animation import sequence
from gfla_tf.models.animation_generator import SOURCES
from gfla_tf.training.objectives.image import ImageObjective


def _flat(x):
    """(batch, T, ...) as (batch * T, ...)."""
    return None if x is None else ops.reshape(x, (-1, *x.shape[2:]))


def _before(first, frames):
    """What stands before each frame: (batch, ...) before the first one, (batch, T, ...) -> (batch, T, ...)."""
    return ops.concatenate([ops.expand_dims(first, 1), frames[:, :-1]], axis=1)


def differences(frames, start):
    """Three consecutive frames, from number `start` on, as the first minus the second and the second minus the third.

    (batch, T, H, W, 3) -> (batch, H, W, 6).
    """
    first, second, third = (ops.take(frames, start + k, axis=1) for k in range(3))
    return ops.concatenate([first - second, second - third], axis=-1)


class ClipObjective(ImageObjective):
    """What animations have in common. Flow terms are summed over the sources.

    Args:
        generator, features, stage, window_sigma: see `ImageObjective`. The features see no poses.
        flows: {source: beginning of its flows' names in the outputs}; a source is "previous" or "reference".
        video: what the video discriminator sees: "clip", all T frames, or "differences", those of three frames drawn at random,
            see above. The discriminator sees one frame, drawn at random.
    """

    def __init__(self, generator, features, stage, window_sigma, flows, video="clip"):
        super().__init__(generator, features, stage, window_sigma)
        self.flows = flows
        self.video = video

    def previous_images(self, batch, outputs):
        """The images (batch, T, H, W, 3) in which the flows to the previous frame are judged."""
        return _before(batch["previous_image"], batch["target_images"])

    def totals(self, batch):
        totals, person = {}, _flat(batch.get("target_persons"))
        frames = batch["target_images"].shape[1]
        for source in self.flows:
            own = self.flow_totals(person, _flat(batch.get(f"visibility_{source}")), frames)
            totals |= {f"{source}_{name}": total for name, total in own.items()}
        return totals

    def terms(self, batch, outputs, step):
        terms, target, person = {}, None, _flat(batch.get("target_persons"))
        totals, parts, frames = (
            batch.get("totals", {}),
            batch.get("parts", 1),
            batch["target_images"].shape[1],
        )
        if self.wanted & {"correctness", "content", "style"}:
            target = self.features(_flat(batch["target_images"]), None)
        for source, name in self.flows.items():
            flows = {level: _flat(outputs[f"{name}_{level}"]) for level in self.levels}
            seen = self._source_features(source, batch, outputs) if "correctness" in self.wanted else None
            truth = (_flat(batch.get(f"{kind}_{source}")) for kind in ("flow", "visibility"))
            own = {
                name.removeprefix(f"{source}_"): x for name, x in totals.items() if name.startswith(source)
            }
            found = self.flow_terms(flows, seen, target, step, person, *truth, own, parts, frames)
            for term, value in found.items():
                terms[term] = terms.get(term, 0.0) + value
        if "generated" in outputs:
            images = _flat(outputs["generated"]), _flat(batch["target_images"])
            terms |= self.image_terms(*images, target, person=person, frames=frames)
        return terms

    def _source_features(self, source, batch, outputs):
        if source == "previous":
            return self.features(_flat(self.previous_images(batch, outputs)), None)
        frames = batch["target_images"].shape[1]
        features = self.features(batch["reference_image"], None)
        return {name: ops.repeat(value, frames, axis=0) for name, value in features.items()}

    def judged(self, batch, outputs, pick):
        pair = batch["target_images"], outputs["generated"]
        count = pair[0].shape[1]
        frame = pick(count, "frame")
        judged = {"discriminator": tuple(ops.take(frames, frame, axis=1) for frames in pair)}
        if self.video == "clip":
            return {**judged, "video_discriminator": pair}
        if count < 3:  # no triple, and, as the configuration is checked, nobody who looks at it
            return judged
        start = pick(count - 2, "triple")
        return {**judged, "video_discriminator": tuple(differences(frames, start) for frames in pair)}


class AnimationObjective(ClipObjective):
    """Frame after frame, each from the reference and the frame generated before it.

    Gradients go back through all T frames, not beyond: the last generated frame is carried to the next batch, which continues
    with the same clips, as "state". Where a clip begins, the reference stands for it. In stage flow, the previous frame is the
    true one, and all frames run at once.

    Args:
        generator: `AnimationGenerator`.
        features, stage, window_sigma, video: see `ClipObjective`.
        batch_size: clips in a batch of training.
        previous: the image in which flows to the previous frame are judged: the "true" one, or the "generated" one where
            there is one.
    """

    def __init__(self, generator, features, stage, window_sigma, batch_size, previous="true", video="clip"):
        flows = {source: f"flow_{source}" for source in SOURCES}
        super().__init__(generator, features, stage, window_sigma, flows, video)
        self.generator = generator
        self.previous = previous
        shape = (batch_size, *generator.image_size, 3)
        self.state = [
            keras.Variable(
                ops.zeros(shape), trainable=False, name="previous_image", aggregation="only_first_replica"
            )
        ]

    def outputs(self, network, batch, training):
        if network is self.generator:
            return self._animated(network, batch, training)
        frames = batch["target_structures"].shape[1]
        inputs = {"target_structure": _flat(batch["target_structures"])}
        for kind in ("image", "structure"):
            inputs[f"reference_{kind}"] = ops.repeat(batch[f"reference_{kind}"], frames, axis=0)
            inputs[f"previous_{kind}"] = _flat(_before(batch[f"previous_{kind}"], batch[f"target_{kind}s"]))
        return _unflat(network(inputs, training=training), frames)

    def _animated(self, generator, batch, training):
        previous = batch["previous_image"]
        if training:
            begins = ops.reshape(batch["first"], (-1, 1, 1, 1))
            previous = ops.where(begins, batch["reference_image"], batch["state"][0])
        state = {
            name: batch[name] for name in ("reference_image", "reference_structure", "previous_structure")
        }
        state["previous_image"] = previous
        structures = ops.unstack(batch["target_structures"], axis=1)
        steps = list(sequence(lambda **arrays: generator(arrays, training=training), state, structures))
        outputs = {name: ops.stack([step[name] for step in steps], axis=1) for name in steps[0]}
        outputs["previous_images"] = _before(previous, outputs["generated"])
        if training:
            outputs["state"] = [ops.stop_gradient(outputs["generated"][:, -1])]
        return outputs

    def previous_images(self, batch, outputs):
        if self.previous == "true" or "previous_images" not in outputs:
            return super().previous_images(batch, outputs)
        return ops.stop_gradient(outputs["previous_images"])  # it is the flow that is judged


class FramewiseObjective(ClipObjective):
    """The same without memory: a `PoseGenerator` draws each frame from the reference alone, as an image-wise method would.

    Structures take the place of its poses.
    """

    def __init__(self, generator, features, stage, window_sigma, video="clip"):
        super().__init__(generator, features, stage, window_sigma, {"reference": "flow"}, video)

    def outputs(self, network, batch, training):
        frames = batch["target_structures"].shape[1]
        inputs = {
            "source_image": ops.repeat(batch["reference_image"], frames, axis=0),
            "source_pose": ops.repeat(batch["reference_structure"], frames, axis=0),
            "target_pose": _flat(batch["target_structures"]),
        }
        return _unflat(network(inputs, training=training), frames)


def _unflat(outputs, frames):
    """{name: (batch * T, ...)} as {name: (batch, T, ...)}."""
    return {name: ops.reshape(x, (-1, frames, *x.shape[1:])) for name, x in outputs.items()}
