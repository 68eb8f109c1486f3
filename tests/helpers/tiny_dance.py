"""The smallest training of dances, in short clips."""

from tests.helpers.tiny_clips import clip_config

UNROLL, LENGTH = 2, 4


def config(folder, *overrides):
    """The configuration of the animation network."""
    maps = {"heat_map_sigma": 3.0, "limb_sigma": 1.0}
    return clip_config(folder, "dance", *overrides, clip_frames=LENGTH, unroll=UNROLL, **maps)


def framewise(folder, *overrides):
    """That of the network that draws every frame from the reference alone."""
    return config(folder, "model.preset=dance_framewise", "name=tiny_framewise", *overrides)


def pieces(run, count, seed=0):
    """The first batches of a run."""
    data, _ = run.task.load(run.generator)
    return list(run.task.dataset(data, seed, 0).take(count))
