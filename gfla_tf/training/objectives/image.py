"""What is fed to networks in training, which terms the losses have, and what the discriminators judge."""

from keras import ops

from gfla_tf.losses.flow import (
    affine_regularization,
    best_similarity,
    flow_error,
    frame_sums,
    level_visibility,
    mask_weight,
    sampling_correctness,
)
from gfla_tf.losses.perceptual import content_loss, style_loss
from gfla_tf.losses.terms import FLOW_TERMS, IMAGE_TERMS


class Objective:
    """Base class: the losses of one stage of a task.

    A batch may be shared out over several devices, and cut into parts there. What stands here sees a part; the loss of the whole
    is the mean of the losses of its parts, as it is for everything that is a mean over samples.

    Attributes:
        weights: {term: weight}; terms with weight 0 are not computed.
        state: Keras variables carried from step to step, which become part of checkpoints: what a recurrent task hands on
            from one piece of a clip to the next. Their first axis is that of the whole batch.
    """

    def __init__(self, weights):
        self.weights = weights
        self.state = []

    @property
    def wanted(self):
        """Names of the terms that have a weight."""
        return {name for name, weight in self.weights.items() if weight}

    def inputs(self, batch):
        """What the network takes of a batch."""
        raise NotImplementedError

    def outputs(self, network, batch, training):
        """Runs the network on a batch: the generator, or in stage flow what estimates the flow. A dict.

        A recurrent task loops over the frames of its clip here. In training it finds its rows of `state` in the batch, a list
        under "state", and puts what they become, if they change, into the outputs under the same name.
        """
        return network(self.inputs(batch), training=training)

    def totals(self, batch):
        """What losses are divided by that are no means over samples: sums over the batch that no network has a part in.

        Returns:
            {name: scalar}. `terms` finds the sums over the whole batch in the batch, as "totals", and as "parts" by how many such
            batches they are shared.
        """
        return {}

    def terms(self, batch, outputs, step):
        """Unweighted loss terms {name: scalar}, without the adversarial one."""
        raise NotImplementedError

    def judged(self, batch, outputs, pick):
        """What the discriminators see: {role: (real, generated)}; roles are those of a preset's discriminators.

        It is asked for twice in a step, for the discriminators' update and anew for the generator's.

        Args:
            batch, outputs: as for `terms`.
            pick: `pick(count, purpose)` is a random whole number below `count`, the same for the whole batch.
        """
        return {}


class ImageObjective(Objective):
    """The terms that tasks with flows and images share.

    Args:
        generator: its attention levels and kernels say where the flow losses apply.
        features: a `FeatureExtractor`; None where no term wants one.
        stage: `StageConfig`. Where the generator has no flow, the weights of the flow terms count as 0.
        window_sigma: function of the step that gives the standard deviation of the correctness loss's window.
    """

    def __init__(self, generator, features, stage, window_sigma):
        self.levels = {level: generator.attention_kernels[level] for level in generator.levels}
        weights = {term: getattr(stage, term) for term in IMAGE_TERMS}
        super().__init__(weights if self.levels else weights | dict.fromkeys(FLOW_TERMS, 0.0))
        self.features = features
        self.window_sigma = window_sigma
        self.person_weight = stage.person_weight

    def flow_totals(self, person=None, visibility=None, frames=1):
        """What correctness and flow_error are divided by; the arguments are those of `flow_terms`."""
        totals = {}
        for level in self.levels:
            if "correctness" in self.wanted and person is not None:
                size = tuple(extent >> level for extent in person.shape[1:3])
                totals[f"correctness_{level}"] = frame_sums(mask_weight(person, size), frames)
            if "flow_error" in self.wanted:
                totals[f"flow_error_{level}"] = ops.sum(level_visibility(visibility[..., 0], level))
        return totals

    def flow_terms(
        self,
        flows,
        source,
        target,
        step,
        person=None,
        true_flow=None,
        visibility=None,
        totals=None,
        parts=1,
        frames=1,
    ):
        """correctness, regularization and flow_error of one set of flows, each summed over the levels.

        Args:
            flows: {level: (batch, h, w, 2)}.
            source, target: features of the two images, for correctness.
            step: of training.
            person: optional (batch, H, W, 1), 1 where the target shows the person: correctness then looks there alone.
            true_flow, visibility: (batch, H, W, 2) in pixels of the image and (batch, H, W, 1), for flow_error.
            totals: `flow_totals` of the whole batch, of which this is one of `parts` equal parts.
            frames: of each clip in the batch: terms are means over clips, and summed over the frames.
        """
        wanted, terms, totals = self.wanted, {}, totals or {}

        def add(name, value):
            terms[name] = terms.get(name, 0.0) + value

        for level, kernel in self.levels.items():
            flow = flows[level]
            if "correctness" in wanted:
                name = self.features.correctness_layer(level)
                best = ops.stop_gradient(best_similarity(source[name], target[name]))
                total = totals.get(f"correctness_{level}"), parts
                window = self.window_sigma(step), best
                given = source[name], target[name], flow, person, *window, *total, frames
                add("correctness", sampling_correctness(*given))
            if "regularization" in wanted:
                add("regularization", frames * affine_regularization(flow, kernel))
            if "flow_error" in wanted:
                total = totals.get(f"flow_error_{level}"), parts
                add("flow_error", frames * flow_error(flow, true_flow, visibility, level, *total))
        return terms

    def image_terms(self, generated, image, target, pose=None, person=None, frames=1):
        """l1, content and style of generated images.

        Args:
            generated, image: (batch, H, W, 3), the latter what should have been generated.
            target: features of the latter, for content and style.
            pose: of the people in them, for feature networks that look at it.
            person: optional (batch, H, W, 1), 1 where the target shows the person: |difference| (1 + person_weight * person)
                is what l1 is the mean of.
            frames: of each clip in the batch: terms are means over clips, and summed over the frames.
        """
        wanted, terms = self.wanted, {}
        if "l1" in wanted:
            difference = ops.abs(generated - image)
            if self.person_weight and person is not None:
                difference = difference * (1 + self.person_weight * person)
            terms["l1"] = frames * ops.mean(difference)
        if wanted & {"content", "style"}:
            drawn = self.features(generated, pose)
            for name, loss, layers in (
                ("content", content_loss, self.features.content_layers),
                ("style", style_loss, self.features.style_layers),
            ):
                if name in wanted:
                    terms[name] = frames * loss([drawn[n] for n in layers], [target[n] for n in layers])
        return terms


class PairObjective(ImageObjective):
    """One picture out of another: pose-guided generation (CVPR 2020, section 3.3) and view synthesis.

    Batches hold source_image, target_image, source_CONDITION, target_CONDITION; where it is known also target_person, and for
    flow_error flow and visibility.

    Args:
        generator, features, stage, window_sigma: see `ImageObjective`.
        condition: what the generator's inputs call it, "pose" or "view".
    """

    def __init__(self, generator, features, stage, window_sigma, condition):
        super().__init__(generator, features, stage, window_sigma)
        self.condition = condition

    def inputs(self, batch):
        names = ("source_image", f"source_{self.condition}", f"target_{self.condition}")
        return {name: batch[name] for name in names}

    def totals(self, batch):
        return self.flow_totals(batch.get("target_person"), batch.get("visibility"))

    def terms(self, batch, outputs, step):
        wanted, source, target = self.wanted, None, None
        pose, person = batch.get("target_pose"), batch.get("target_person")
        if wanted & {"correctness", "content", "style"}:
            target = self.features(batch["target_image"], pose)
        if "correctness" in wanted:
            source = self.features(batch["source_image"], batch.get("source_pose"))
        flows = {level: outputs[f"flow_{level}"] for level in self.levels}
        truth = batch.get("flow"), batch.get("visibility")
        whole = batch.get("totals"), batch.get("parts", 1)
        terms = self.flow_terms(flows, source, target, step, person, *truth, *whole)
        if "generated" in outputs:
            terms |= self.image_terms(outputs["generated"], batch["target_image"], target, pose, person)
        return terms

    def judged(self, batch, outputs, pick):
        return {"discriminator": (batch["target_image"], outputs["generated"])}
