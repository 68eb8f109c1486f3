"""What is fed to networks in training, which terms the losses have, and what the discriminators judge."""

from keras import ops

from gfla_tf.losses.flow import affine_regularization, best_similarity, flow_error, sampling_correctness
from gfla_tf.losses.perceptual import content_loss, style_loss
from gfla_tf.training.config import FLOW_TERMS, IMAGE_TERMS


class Objective:
    """Base class: the losses of one stage of a task.

    Attributes:
        weights: {term: weight}; terms with weight 0 are not computed.
        state: Keras variables carried from step to step, which become part of checkpoints: what a recurrent task hands on
            from one piece of a clip to the next.
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

        A recurrent task loops over the frames of its clip here, and writes its `state` only in training.
        """
        return network(self.inputs(batch), training=training)

    def terms(self, batch, outputs, step):
        """Unweighted loss terms {name: scalar}, without the adversarial one."""
        raise NotImplementedError

    def judged(self, batch, outputs):
        """What the discriminators see: {role: (real, generated)}; roles are those of a preset's discriminators."""
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

    def flow_terms(self, flows, source, target, step, person=None, true_flow=None, visibility=None):
        """correctness, regularization and flow_error of one set of flows, each summed over the levels.

        Args:
            flows: {level: (batch, h, w, 2)}.
            source, target: features of the two images, for correctness.
            step: of training.
            person: optional (batch, H, W, 1), 1 where the target shows the person: correctness then looks there alone.
            true_flow, visibility: (batch, H, W, 2) in pixels of the image and (batch, H, W, 1), for flow_error.
        """
        wanted, terms = self.wanted, {}

        def add(name, value):
            terms[name] = terms.get(name, 0.0) + value

        for level, kernel in self.levels.items():
            flow = flows[level]
            if "correctness" in wanted:
                name = self.features.correctness_layer(level)
                best = ops.stop_gradient(best_similarity(source[name], target[name]))
                sigma = self.window_sigma(step)
                add(
                    "correctness", sampling_correctness(source[name], target[name], flow, person, sigma, best)
                )
            if "regularization" in wanted:
                add("regularization", affine_regularization(flow, kernel))
            if "flow_error" in wanted:
                add("flow_error", flow_error(flow, true_flow, visibility, level))
        return terms

    def image_terms(self, generated, image, target, pose=None, person=None):
        """l1, content and style of generated images.

        Args:
            generated, image: (batch, H, W, 3), the latter what should have been generated.
            target: features of the latter, for content and style.
            pose: of the people in them, for feature networks that look at it.
            person: optional (batch, H, W, 1), 1 where the target shows the person: |difference| (1 + person_weight * person)
                is what l1 is the mean of.
        """
        wanted, terms = self.wanted, {}
        if "l1" in wanted:
            difference = ops.abs(generated - image)
            if self.person_weight and person is not None:
                difference = difference * (1 + self.person_weight * person)
            terms["l1"] = ops.mean(difference)
        if wanted & {"content", "style"}:
            drawn = self.features(generated, pose)
            for name, loss, layers in (
                ("content", content_loss, self.features.content_layers),
                ("style", style_loss, self.features.style_layers),
            ):
                if name in wanted:
                    terms[name] = loss([drawn[n] for n in layers], [target[n] for n in layers])
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

    def terms(self, batch, outputs, step):
        wanted, source, target = self.wanted, None, None
        pose, person = batch.get("target_pose"), batch.get("target_person")
        if wanted & {"correctness", "content", "style"}:
            target = self.features(batch["target_image"], pose)
        if "correctness" in wanted:
            source = self.features(batch["source_image"], batch.get("source_pose"))
        flows = {level: outputs[f"flow_{level}"] for level in self.levels}
        truth = batch.get("flow"), batch.get("visibility")
        terms = self.flow_terms(flows, source, target, step, person, *truth)
        if "generated" in outputs:
            terms |= self.image_terms(outputs["generated"], batch["target_image"], target, pose, person)
        return terms

    def judged(self, batch, outputs):
        return {"discriminator": (batch["target_image"], outputs["generated"])}
