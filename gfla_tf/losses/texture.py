"""What the masks and the roles of a network that keeps texture should be, where the truth is known.

Synthetic people say exactly which pixels of the target show something that the source shows, too. Strongly supervised, masks
carry what is visible; left to the picture's loss alone, networks learn to draw their habits instead.
"""

from keras import ops

SAME = 0.06  # largest difference, of 2, of colors that count as the same
_LEAST = 1e-4  # of a share inside a logarithm
_PERSON = 2.0  # extra weight of the person in the error of roles


def mask_error(mask, visibility, level):
    """Cross entropy of an occlusion mask with the share of visible pixels of its blocks.

    Args:
        mask: (batch, H/2^level, W/2^level, 1) in [0, 1].
        visibility: (batch, H, W, 1), 1 where the source shows what the target shows.
        level: 1, 2, ...

    Returns:
        A scalar, the mean over all positions.
    """
    share = ops.average_pool(visibility, 2**level, 2**level)
    return ops.mean(_cross_entropy(mask, share))


def kept_pixels(source, target, source_person, target_person):
    """Where the source has at the same place what the target has: the background of both, if it is the same there.

    Args:
        source, target: images (batch, H, W, 3) in [-1, 1].
        source_person, target_person: (batch, H, W, 1), 1 where they show the person.

    Returns:
        (batch, H, W, 1) of 0 and 1.
    """
    difference = ops.mean(ops.abs(source - target), axis=-1, keepdims=True)
    return (1 - source_person) * (1 - target_person) * ops.cast(difference < SAME, source.dtype)


def role_error(roles, visibility, kept, person):
    """Cross entropy of the shares drawn, warped and kept with what is right: warped what is visible, else kept, else drawn.

    Args:
        roles: (batch, H, W, 3), which sum to one.
        visibility, kept: (batch, H, W, 1), see `mask_error` and `kept_pixels`.
        person: (batch, H, W, 1), 1 where the target shows the person, which weighs more.
    """
    kept = kept * (1 - visibility)
    truth = ops.concatenate([1 - visibility - kept, visibility, kept], axis=-1)
    entropy = -ops.sum(truth * ops.log(ops.maximum(roles, _LEAST)), axis=-1, keepdims=True)
    return ops.mean(entropy * (1 + _PERSON * person))


def alpha_error(alpha, person):
    """Cross entropy of the outline (batch, H, W, 1) with the person, mean over pixels."""
    return ops.mean(_cross_entropy(alpha, person))


def _cross_entropy(share, truth):
    share = ops.clip(share, _LEAST, 1 - _LEAST)
    return -(truth * ops.log(share) + (1 - truth) * ops.log(1 - share))
