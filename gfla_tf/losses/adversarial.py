"""Adversarial losses over patch logits."""

from keras import ops

from gfla_tf.errors import GflaError

ADVERSARIAL_KINDS = ("lsgan", "nsgan", "hinge", "wgan-gp")


def _mean(x):
    return ops.mean(ops.cast(x, "float32"))


def _check(kind):
    if kind not in ADVERSARIAL_KINDS:
        raise GflaError(
            f"there is no adversarial loss {kind!r}: choose one of {', '.join(ADVERSARIAL_KINDS)}."
        )


def generator_adversarial_loss(fake_logits, kind="lsgan"):
    """What the generator minimises so that the discriminator takes its images for real; a scalar.

    lsgan: mean (d - 1)^2. nsgan: mean softplus(-d), the cross-entropy of calling them real. hinge, wgan-gp: -mean d.
    """
    _check(kind)
    if kind == "lsgan":
        return _mean(ops.square(fake_logits - 1))
    if kind == "nsgan":
        return _mean(ops.softplus(-fake_logits))
    return -_mean(fake_logits)


def discriminator_adversarial_loss(real_logits, fake_logits, kind="lsgan"):
    """What the discriminator minimises: (loss on real + loss on fake) / 2, a scalar. For wgan-gp add `gradient_penalty`.

    lsgan: (d - 1)^2 and d^2. nsgan: softplus(-d) and softplus(d). hinge: relu(1 - d) and relu(1 + d). wgan-gp: -d and d.
    """
    _check(kind)
    if kind == "lsgan":
        real, fake = ops.square(real_logits - 1), ops.square(fake_logits)
    elif kind == "nsgan":
        real, fake = ops.softplus(-real_logits), ops.softplus(fake_logits)
    elif kind == "hinge":
        real, fake = ops.relu(1 - real_logits), ops.relu(1 + fake_logits)
    else:
        real, fake = -real_logits, fake_logits
    return (_mean(real) + _mean(fake)) / 2


def gradient_penalty(gradients):
    """mean (|gradient| - 1)^2 over samples (Gulrajani et al., 2017), given d logits / d images at points between real and fake.

    Args:
        gradients: (batch, ...), of the sum of the logits.
    """
    axes = tuple(range(1, len(gradients.shape)))
    norms = ops.sqrt(ops.sum(ops.square(ops.cast(gradients, "float32")), axis=axes) + 1e-12)
    return ops.mean(ops.square(norms - 1))
