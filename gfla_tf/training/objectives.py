"""What each task feeds its networks and which terms its losses have."""

from keras import ops

from gfla_tf.losses.flow import affine_regularization, best_similarity, sampling_correctness
from gfla_tf.losses.perceptual import content_loss, style_loss


class PoseObjective:
    """Pose-guided person image generation (CVPR 2020, section 3.3).

    Where a batch says which pixels of the target show the person, the correctness loss looks at those alone.

    Args:
        generator: the `PoseGenerator`; its attention levels and kernels say where the flow losses apply.
        features: a `FeatureExtractor`.
        weights: term -> weight; terms with weight 0 are not computed, nor those of the flow where there is none.
        window_sigma: function of the step that gives the standard deviation of the correctness loss's window.
        person_weight: extra weight in the L1 loss of the pixels that show the person: |difference| (1 + weight * person).
    """

    def __init__(self, generator, features, weights, window_sigma, person_weight=0.0):
        self.levels = {level: generator.attention_kernels[level] for level in generator.levels}
        self.features = features
        if not self.levels:  # no flow to judge
            weights = {**weights, "correctness": 0.0, "regularization": 0.0}
        self.weights = weights
        self.window_sigma = window_sigma
        self.person_weight = person_weight

    def inputs(self, batch):
        """The generator's inputs."""
        return {name: batch[name] for name in ("source_image", "source_pose", "target_pose")}

    def real(self, batch):
        """What the discriminator takes for real."""
        return batch["target_image"]

    def terms(self, batch, outputs, step):
        """Unweighted loss terms, name -> scalar, for the outputs of the generator or of its flow estimator alone."""
        wanted = {name for name, weight in self.weights.items() if weight}
        terms = {}
        target = None
        if "correctness" in wanted:
            target = self.features(batch["target_image"], batch["target_pose"])
            source = self.features(batch["source_image"], batch["source_pose"])
        for level, kernel in self.levels.items():
            flow = outputs[f"flow_{level}"]
            if "correctness" in wanted:
                name = self.features.correctness_layer(level)
                terms["correctness"] = terms.get("correctness", 0.0) + sampling_correctness(
                    source[name], target[name], flow, batch.get("target_person"), self.window_sigma(step),
                    best=ops.stop_gradient(best_similarity(source[name], target[name])),
                )  # fmt: skip
            if "regularization" in wanted:
                terms["regularization"] = terms.get("regularization", 0.0) + affine_regularization(
                    flow, kernel
                )
        if "generated" in outputs:
            if "l1" in wanted:
                difference = ops.abs(outputs["generated"] - batch["target_image"])
                if self.person_weight and "target_person" in batch:
                    difference = difference * (1 + self.person_weight * batch["target_person"])
                terms["l1"] = ops.mean(difference)
            if wanted & {"content", "style"}:
                target = target or self.features(batch["target_image"], batch["target_pose"])
                generated = self.features(outputs["generated"], batch["target_pose"])
                for name, loss, layers in (
                    ("content", content_loss, self.features.content_layers),
                    ("style", style_loss, self.features.style_layers),
                ):
                    if name in wanted:
                        terms[name] = loss([generated[n] for n in layers], [target[n] for n in layers])
        return terms
