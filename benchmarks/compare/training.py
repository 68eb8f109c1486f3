"""A training step of the full-size generator, and its sampler alone: ours beside PyTorch's.

The step is the same for all: forward, L1 to a picture, backward, Adam, a batch of one. (The whole published step, with its
other losses and judges, is that of `benchmarks.training_step`.) The sampler is content-aware sampling of a 64 x 64 map of 128
channels by patches of 5 x 5, forward and backward.
"""

from benchmarks.compare.picture import KERAS, ORDER, PRESET, _inputs, _peer

CASE = (64, 64, 128, 5)


def ours(folder, settings, sampler):
    """The step in Keras with a form of the samplers, by `tf.function`."""
    from gfla_tf.training.process import prepare_process

    prepare_process()  # as trainings do, before TensorFlow is imported
    import keras
    import tensorflow as tf

    from gfla_tf.models.presets import create_generator
    from gfla_tf.ops.backend import set_sampler

    set_sampler(sampler)
    generator = create_generator(PRESET, **settings)
    generator.load_weights(f"{folder}/{KERAS}")
    inputs = {name: tf.constant(value) for name, value in _inputs(folder).items()}
    optimizer = keras.optimizers.Adam(1e-4)
    optimizer.build(generator.trainable_variables)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            drawn = generator(inputs, training=True)["generated"]
            loss = tf.reduce_mean(tf.abs(drawn - inputs["source_image"]))
        gradients = tape.gradient(loss, generator.trainable_variables)
        pairs = zip(gradients, generator.trainable_variables, strict=True)
        optimizer.apply_gradients([(gradient, weight) for gradient, weight in pairs if gradient is not None])
        return loss

    return lambda: float(step())


def torch(folder, form, threads):
    """The step of the peer, eager."""
    import torch

    torch.set_num_threads(threads)
    peer, given = _peer(folder, form)
    optimizer = torch.optim.Adam(peer.parameters(), 1e-4)

    def step():
        optimizer.zero_grad()
        loss = (peer(*given) - given[ORDER.index("source_image")]).abs().mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def steps(folder, settings, threads, forms):
    """{name: (maker, arguments)} of all steps."""
    result = {f"ours, {form} sampler": (ours, (folder, settings, form)) for form in ("compiled", "composed")}
    return result | {f"torch eager, {form}": (torch, (folder, form, threads)) for form in forms}


def our_sampler(version):
    """One of `benchmarks.compiled_sampler.VERSIONS`, forward and backward."""
    import os

    os.environ["GFLA_SAMPLER"] = "compiled" if version == "compiled" else "composed"
    import tensorflow as tf

    from benchmarks.compiled_sampler import subject_of

    run, arguments = subject_of(version, "sampling", CASE)

    @tf.function
    def both():
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            loss = tf.reduce_sum(tf.square(run(*arguments)))
        return loss, tape.gradient(loss, arguments)

    return lambda: float(both()[0])


def torch_sampler(threads):
    """The same with PyTorch's grid_sample: n x n samples, then a weighted sum."""
    import torch

    from benchmarks.compare.torch_peer import bilinear
    from benchmarks.compiled_sampler import subject_of

    torch.set_num_threads(threads)
    n = CASE[-1]
    offsets = [(i - n // 2, j - n // 2) for i in range(n) for j in range(n)]
    arguments = [
        torch.from_numpy(x.numpy().transpose(0, 3, 1, 2).copy()).requires_grad_()
        for x in subject_of("composed", "sampling", CASE)[1]
    ]

    def both():
        source, flow, coefficients = arguments
        sampled = torch.stack([bilinear(source, flow, y, x) for y, x in offsets], 2)
        loss = ((sampled * coefficients[:, None]).sum(2) / n**2).square().sum()
        torch.autograd.grad(loss, arguments)
        return loss.item()

    return both


def samplers(threads):
    """{name: (maker, arguments)} of all samplers."""
    from benchmarks.compiled_sampler import VERSIONS

    result = {f"ours, {version}": (our_sampler, (version,)) for version in VERSIONS}
    return result | {"torch, grid_sample": (torch_sampler, (threads,))}


def same_losses():
    """A function of a contender's name and its first loss that says how that differs from the first contender's, or None."""
    first = []

    def wrong(name, loss):
        first.append(loss)
        return (
            None
            if abs(loss - first[0]) <= 1e-3 * abs(first[0])
            else f"its loss is {loss:.4f}, not {first[0]:.4f}"
        )

    return wrong
