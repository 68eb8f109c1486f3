"""One step of training on a tiny network: what learns, what is drawn at random, what is logged."""

import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.layers.spectral_norm import SpectralConv2D
from gfla_tf.losses.adversarial import ADVERSARIAL_KINDS
from gfla_tf.training.runs import Run
from tests.helpers.steps import changed, step, weights
from tests.helpers.tiny_run import tiny_batch, tiny_config

batch = pytest.fixture(tiny_batch, scope="module")


def trainer_of(folder, *overrides, stage="full"):
    """A trainer as a `Run` makes it; its seed is the same every time."""
    name = "_".join(["made", stage, *overrides]).replace("/", "")
    config = tiny_config(folder, *overrides)
    return Run(config, folder / "made" / name)._trainer(stage, getattr(config, stage))


# === One step ===


def test_stage_flow_changes_the_flow_estimator_alone(folder, batch):
    trainer = trainer_of(folder, stage="flow")
    generator = trainer.generator
    others = (generator.source_encoder, generator.target_net)
    before, before_others = weights(generator.flow_estimator), [weights(network) for network in others]
    logs = step(trainer, batch)
    assert set(logs) == {"generator_loss", "correctness", "regularization", "generator_gradient_norm"}
    masks = {name for name in before if " mask" in name}  # they have no part in the criterion of this stage
    assert len(masks) == 4 and changed(generator.flow_estimator, before) == set(before) - masks
    assert not any(changed(network, old) for network, old in zip(others, before_others, strict=True))


@pytest.mark.parametrize("kind", ADVERSARIAL_KINDS)
def test_each_adversarial_loss_gives_finite_values_and_changes_both_networks(folder, batch, kind):
    trainer = trainer_of(folder, f"adversarial_kind={kind}")
    before = weights(trainer.generator), weights(trainer.discriminators["discriminator"])
    logs = step(trainer, batch)
    assert all(np.isfinite(list(logs.values()))) and {"adversarial", "discriminator_loss"} <= set(logs)
    trainable = [
        (network, [f"{i} {w.path}" for i, w in enumerate(network.weights) if w.trainable])
        for network in (trainer.generator, trainer.discriminators["discriminator"])
    ]
    for (network, names), old in zip(trainable, before, strict=True):
        moved = changed(network, old) & set(names)
        assert len(moved) >= 0.9 * len(names)
        assert all(np.isfinite(value).all() for value in weights(network).values())


@pytest.mark.parametrize("kind", ["lsgan", "wgan-gp"])
def test_a_step_moves_u_and_v_by_three_power_iterations_the_last_with_the_new_kernel(folder, batch, kind):
    trainer = trainer_of(folder, f"adversarial_kind={kind}")
    layers = [
        x for x in trainer.discriminators["discriminator"]._flatten_layers() if isinstance(x, SpectralConv2D)
    ]
    assert len(layers) == 7  # three in each of two blocks, and the last

    def iterated(layer, u):
        matrix = layer.kernel.numpy().transpose(3, 2, 0, 1).reshape(layer.filters, -1)
        v = matrix.T @ u
        v /= np.linalg.norm(v)
        u = matrix @ v
        return u / np.linalg.norm(u), v

    seen = [iterated(layer, iterated(layer, layer.u.numpy())[0])[0] for layer in layers]  # real, generated
    step(trainer, batch)
    for layer, before in zip(layers, seen, strict=True):
        u, v = iterated(layer, before)
        assert np.abs(layer.u.numpy() - u).max() < 1e-5 and np.abs(layer.v.numpy() - v).max() < 1e-5


def test_what_the_gradient_penalty_draws_depends_on_the_step_alone(folder, batch):
    results = []
    for seed in (1, 2):
        trainer = trainer_of(folder, "adversarial_kind=wgan-gp")
        tf.random.set_seed(seed)
        step(trainer, batch)
        results.append(weights(trainer.discriminators["discriminator"]))
    assert all(np.array_equal(a, b) for a, b in zip(*(r.values() for r in results), strict=True))


@pytest.mark.parametrize("attention", ["bilinear", "global", "none"])
def test_the_ablations_train_and_log_flow_losses_only_where_there_is_a_flow(folder, batch, attention):
    trainer = trainer_of(folder, f"model.generator.attention={attention}", "full.adversarial=0")
    before = weights(trainer.generator)
    step(trainer, batch)
    logs = step(trainer, batch)  # global attention adds nothing to the first: its scale starts at 0
    assert all(np.isfinite(list(logs.values())))
    assert ("correctness" in logs) == ("regularization" in logs) == (attention == "bilinear")
    assert {"l1", "content", "style"} <= set(logs) and "adversarial" not in logs
    assert len(changed(trainer.generator, before)) > 0.85 * len(before)


def test_terms_without_weight_are_neither_computed_nor_logged(folder, batch):
    trainer = trainer_of(
        folder, *(f"full.{term}=0" for term in ("adversarial", "correctness", "content", "style"))
    )
    trainer.objective.features = None
    names = {"generator_loss", "l1", "regularization", "generator_gradient_norm"}
    assert set(step(trainer, batch)) == names


def test_a_run_whose_losses_all_need_a_flow_that_is_not_there_is_refused(folder):
    others = [f"full.{term}=0" for term in ("l1", "adversarial", "content", "style")]
    with pytest.raises(GflaError, match=r"full\.l1"):
        trainer_of(folder, "model.generator.attention=none", *others)


def test_the_window_of_the_correctness_loss_goes_from_its_first_to_its_last_width(folder):
    width = trainer_of(folder, "full.window_sigma=[3.0, 1.0]", "full.steps=10").objective.window_sigma
    assert [float(width(tf.constant(n, tf.int64))) for n in (0, 5, 10, 20)] == [3.0, 2.0, 1.0, 1.0]


def test_learning_rates_follow_the_configuration_at_every_step(folder):
    trainer = trainer_of(folder, "full.final_learning_rate=1e-4", "full.steps=10")
    constant = trainer_of(folder, "full.final_learning_rate=null").generator_optimizer
    discriminators, rates = trainer.discriminator_optimizers["discriminator"], {}
    for at in (0, 5, 10):
        for optimizer in (trainer.generator_optimizer, discriminators, constant):
            optimizer.iterations.assign(at)
        rates[at] = float(trainer.generator_optimizer.learning_rate)
        assert float(discriminators.learning_rate) == pytest.approx(1e-5)
        assert float(constant.learning_rate) == pytest.approx(1e-3)
    assert list(rates.values()) == pytest.approx([1e-3, 5.5e-4, 1e-4])


@pytest.mark.slow
def test_a_compiled_step_gives_what_an_uncompiled_one_gives(folder, batch):
    plain = ["full.content=0", "full.style=0"]
    logs, after = [], []
    for jit in ("true", "false"):
        trainer = trainer_of(folder, f"jit_compile={jit}", "model.generator.attention_kernels={2: 3}", *plain)
        dataset = tf.data.Dataset.from_tensors(batch).repeat()
        history = trainer.fit(dataset, steps_per_epoch=1, shuffle=False, verbose=0).history
        logs.append({name: values[0] for name, values in history.items()})
        after.append({**weights(trainer.generator), **weights(trainer.discriminators["discriminator"])})
    assert logs[0] == pytest.approx(logs[1], rel=1e-3)
    # Adam's first step has the learning rate's length: it may only turn where a gradient is hardly more than rounding.
    differences = np.concatenate([np.abs(after[0][n] - after[1][n]).ravel() for n in after[0]])
    assert differences.max() <= 2.1e-3 and (differences > 1e-5).mean() < 0.02
