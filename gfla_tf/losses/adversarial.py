"""Adversarial losses over patch logits."""

from keras import ops

from gfla_tf.errors import GflaError

ADVERSARIAL_KINDS = ("lsgan", "nsgan", "hinge", "wgan-gp")


def _check(kind):
    if kind not in ADVERSARIAL_KINDS:
        raise GflaError(
            f"There is no adversarial loss {kind!r}: choose one of {', '.join(ADVERSARIAL_KINDS)}."
        )


def generator_adversarial_loss(fake_logits, kind="lsgan"):
    """What the generator minimizes so that the discriminator takes its images for real; a scalar.

    lsgan: mean (d - 1)^2. nsgan: mean softplus(-d), the cross-entropy of calling them real. hinge, wgan-gp: -mean d.
    """
    _check(kind)
    fake = ops.cast(fake_logits, "float32")
    if kind == "lsgan":
        return ops.mean(ops.square(fake - 1))
    if kind == "nsgan":
        return ops.mean(ops.softplus(-fake))
    return -ops.mean(fake)


def discriminator_adversarial_loss(real_logits, fake_logits, kind="lsgan"):
    """What the discriminator minimizes: (loss on real + loss on fake) / 2, a scalar. For wgan-gp add `gradient_penalty`.

    lsgan: (d - 1)^2 and d^2. nsgan: softplus(-d) and softplus(d). hinge: relu(1 - d) and relu(1 + d). wgan-gp: -d and d.
    """
    _check(kind)
    real, fake = (ops.cast(logits, "float32") for logits in (real_logits, fake_logits))
    if kind == "lsgan":
        real, fake = ops.square(real - 1), ops.square(fake)
    elif kind == "nsgan":
        real, fake = ops.softplus(-real), ops.softplus(fake)
    elif kind == "hinge":
        real, fake = ops.relu(1 - real), ops.relu(1 + fake)
    else:
        real = -real
    return (ops.mean(real) + ops.mean(fake)) / 2


def gradient_penalty(gradients):
    """mean (|gradient| - 1)^2 over samples (Gulrajani et al., 2017), given d logits / d images at points between real and fake.

    Args:
        gradients: (batch, ...), of the sum of the logits.
    """
    axes = tuple(range(1, len(gradients.shape)))
    norms = ops.sqrt(ops.sum(ops.square(ops.cast(gradients, "float32")), axis=axes) + 1e-12)
    return ops.mean(ops.square(norms - 1))
