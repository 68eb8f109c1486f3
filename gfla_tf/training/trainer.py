"""The training step that every task shares: a generator, its discriminators and an optimizer for each.

A task brings an objective (see `gfla_tf.training.objectives.image`) that says what its networks are fed, which terms its losses
have and what is judged; this module turns that into a Keras model for `compile` and `fit`, on one device or on many.
"""

import zlib

import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.losses.adversarial import (
    discriminator_adversarial_loss,
    generator_adversarial_loss,
    gradient_penalty,
)
from gfla_tf.training.keras_repair import DistributedFit
from gfla_tf.training.microbatches import Accumulated, after, microbatches
from gfla_tf.training.replicas import RunningMean, means, write_rows
from gfla_tf.training.updates import Updates

GRADIENT_PENALTY_WEIGHT = 10.0


class Trainer(DistributedFit):
    """Alternates one update of each discriminator and one of the generator, or trains the flow alone.

    It is made, compiled and its networks are made in the scope of the strategy under which it trains. A step then gives what one
    device gives for the whole batch, but for rounding.

    Args:
        generator: the model to train.
        objective: its `Objective`.
        discriminators: {role: model}, empty where there is no adversarial loss. The objective's `judged` says what each sees.
        adversarial: kind of adversarial loss, one of `ADVERSARIAL_KINDS`.
        flow_network: stage 1: the part of the generator that runs and learns alone, without adversarial loss.
        accumulation_steps: equal parts of a replica's batch that are computed one after the other, for an update of all.
        seed: of all that is random in a step.
    """

    def __init__(
        self,
        generator,
        objective,
        discriminators=None,
        adversarial="lsgan",
        flow_network=None,
        accumulation_steps=1,
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.generator = generator
        self.objective = objective
        self.discriminators = dict(discriminators or {}) if flow_network is None else {}
        self.adversarial = adversarial
        self.network = generator if flow_network is None else flow_network
        self.accumulation_steps, self.seed = accumulation_steps, seed
        self.discriminator_optimizers = {}
        names = ["generator_loss", *(name for name, weight in objective.weights.items() if weight)]
        names += [f"{role}_loss" for role in self.discriminators]
        if "adversarial" in names and not self.discriminators:
            raise GflaError(
                "The adversarial loss has a weight but no discriminator: give one, or the weight 0."
            )
        if names == ["generator_loss"]:
            raise GflaError("Every weight of the losses that apply here is 0: set one, such as full.l1.")
        names += [f"{role}_gradient_norm" for role in ("generator", *self.discriminators)]
        # Running means over an epoch: one value that is not finite stays visible until somebody looks.
        self._means = {name: RunningMean(name) for name in names}
        self.built = True  # all networks are

    def compile(self, generator_optimizer, discriminator_optimizers=None, ema=None, **kwargs):
        """Takes the generator's optimizer, {role: optimizer} and the decay of an average of the weights that learn, or None;
        the rest is as for `keras.Model.compile`."""
        super().compile(**kwargs)
        self.generator_optimizer = generator_optimizer
        self.optimizer = generator_optimizer
        self.discriminator_optimizers = {role: discriminator_optimizers[role] for role in self.discriminators}
        scaled = self.generator.compute_dtype == "float16"
        self.updates = {
            "generator": Updates(self.network.trainable_variables, generator_optimizer, scaled, ema)
        }
        for role, optimizer in self.discriminator_optimizers.items():
            self.updates[role] = Updates(self.discriminators[role].trainable_variables, optimizer, scaled)

    @property
    def checkpointed(self):
        """What a checkpoint of the training holds: {name: model, optimizer or list of variables}."""
        parts = {
            "generator": self.generator,
            "generator_optimizer": self.generator_optimizer,
            **self.discriminators,
        }
        parts |= {f"{role}_optimizer": optimizer for role, optimizer in self.discriminator_optimizers.items()}
        parts |= {"state": list(self.objective.state), "average": self.updates["generator"].average}
        parts |= {f"{role}_loss_scale": updates.loss_scale for role, updates in self.updates.items()}
        return {name: part for name, part in parts.items() if part != []}

    def finish(self):
        """Gives the weights that learned the values of their moving average, if there is one."""
        self.updates["generator"].finish()

    def call(self, batch, training=False):
        return self.objective.outputs(self.network, batch, training)

    def train_step(self, batch):
        """Each discriminator learns to tell what is real from what is generated, then the generator from all its losses.

        Where the batch is cut into several parts, one update is made of the gradients of all. Discriminators learn from the whole
        batch before the generator does from any of it, which then runs twice.
        """
        step = self.generator_optimizer.iterations
        parts = microbatches(batch, self.objective, self.accumulation_steps, self.seed, step)
        logs, done = {}, None
        if self.discriminators and len(parts) > 1:
            judged = self._judged_in_turn(parts, step)
            logs, done = self._train_discriminators(parts, judged), judged[-1]
        whole = Accumulated(done)
        for part in parts:
            part = part.after(whole.done)
            with tf.GradientTape() as tape:
                outputs = self._outputs(part)
                if self.discriminators and len(parts) == 1:
                    with tape.stop_recording():
                        judged = self.objective.judged(part.batch, outputs, self.pick(step, "discriminators"))
                        logs = self._train_discriminators(parts, [judged])
                terms = self._generator_terms(part, outputs, step)
                loss = self.updates["generator"].scaled(terms["generator_loss"])
            gradients = tape.gradient(loss, self.network.trainable_variables)
            whole.add(gradients, terms, outputs.get("state", []))
        if whole.state:
            write_rows(self.objective.state, whole.state)
        logs |= whole.terms
        logs["generator_gradient_norm"] = self.updates["generator"].apply(whole.gradients)
        return self._logged(logs)

    def _train_discriminators(self, parts, judged):
        """Updates each discriminator once, from what it judges in each part of the batch; returns logs."""
        logs = {}
        for role, discriminator in self.discriminators.items():
            updates, whole = self.updates[role], Accumulated()
            for part, pairs in zip(parts, judged, strict=True):
                real, fake = after(pairs[role], whole.done)
                with tf.GradientTape() as tape:
                    loss = self._discriminator_loss(discriminator, real, tf.stop_gradient(fake), part)
                    scaled = updates.scaled(loss)
                whole.add(tape.gradient(scaled, discriminator.trainable_variables), {f"{role}_loss": loss})
            logs[f"{role}_gradient_norm"] = updates.apply(whole.gradients)
            logs |= whole.terms
        return logs

    def _discriminator_loss(self, discriminator, real, fake, part):
        # A call for each, training in the first part alone: with the generator's, the power iteration of the spectral norm runs
        # three times in a step, as published.
        logits = [discriminator(pictures, training=part.is_first) for pictures in (real, fake)]
        loss = discriminator_adversarial_loss(*logits, self.adversarial)
        if self.adversarial == "wgan-gp":
            penalty = _gradient_penalty(discriminator, real, fake, part.noise)
            loss += GRADIENT_PENALTY_WEIGHT * penalty
        return loss

    def _generator_terms(self, part, outputs, step):
        """Every unweighted term of the generator's loss, and "generator_loss", their weighted sum."""
        terms = self.objective.terms(part.batch, outputs, step)
        if self.discriminators:
            judged = self.objective.judged(part.batch, outputs, self.pick(step, "generator"))
            losses = [
                generator_adversarial_loss(
                    discriminator(judged[role][1], training=part.is_first), self.adversarial
                )
                for role, discriminator in self.discriminators.items()
            ]
            terms["adversarial"] = sum(losses[1:], losses[0])
        terms["generator_loss"] = sum(self.objective.weights[name] * term for name, term in terms.items())
        return terms

    def _outputs(self, part):
        with part.noise.drawn():
            outputs = self.objective.outputs(self.network, part.batch, training=True)
        # Losses are computed in float32.
        return tf.nest.map_structure(lambda x: tf.cast(x, tf.float32), outputs)

    def _judged_in_turn(self, parts, step):
        """What discriminators see of each part, which are computed one after the other."""
        judged, done = [], None
        for part in parts:
            part = part.after(done)
            done = self.objective.judged(part.batch, self._outputs(part), self.pick(step, "discriminators"))
            judged.append(done)
        return judged

    def pick(self, step, turn):
        """What `Objective.judged` draws its random numbers with: others in every step, for every turn and purpose."""

        def pick(count, purpose):
            seed = tf.stack(
                [tf.cast(step, tf.int32), self.seed + zlib.crc32(f"{turn} {purpose}".encode()) % 2**30]
            )
            return tf.random.stateless_uniform((), seed, maxval=count, dtype=tf.int32)

        return pick

    def _logged(self, logs):
        """The running means over the epoch, with the means over the replicas of these values."""
        for name, value in zip(logs, tf.unstack(means(tf.stack(list(logs.values()))))):
            self._means[name].update_state(value)
        return {name: mean.result() for name, mean in self._means.items()}

    @property
    def metrics(self):
        return list(self._means.values())


def _gradient_penalty(discriminator, real, fake, noise):
    share = noise.uniform([tf.shape(real)[0]] + [1] * (len(real.shape) - 1))
    between = share * real + (1 - share) * fake
    with tf.GradientTape() as tape:
        tape.watch(between)
        logits = discriminator(between)
    return gradient_penalty(tape.gradient(logits, between))
